//! GraphQL's tokens (specification October 2021, §2.1).

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// What it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Name(String),
    Text(String),
    Number(serde_json::Number),
    /// One of `{ } ( ) [ ] : ! = $ @ |`, or `…` for the three dots.
    Mark(char),
}

/// Splits a document; on a character that no token begins with, its place.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, (usize, usize)> {
    let mut lexer = Lexer { rest: source.chars().collect(), at: 0, line: 1, column: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer {
    rest: Vec<char>,
    at: usize,
    line: usize,
    column: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let char = self.peek(0)?;
        self.at += 1;
        if char == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(char)
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(char) = self.peek(0).filter(|char| keep(*char)) {
            text.push(char);
            self.take();
        }
        text
    }

    fn next(&mut self) -> Result<Option<Token>, (usize, usize)> {
        loop {
            match self.peek(0) {
                Some('#') => drop(self.take_while(|char| char != '\n')),
                Some(char) if char.is_whitespace() || matches!(char, ',' | '\u{feff}') => drop(self.take()),
                _ => break,
            }
        }
        let (line, column) = (self.line, self.column);
        let Some(char) = self.peek(0) else { return Ok(None) };
        let kind = match char {
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '!' | '=' | '$' | '@' | '|' => {
                self.take();
                Kind::Mark(char)
            }
            '.' if self.peek(1) == Some('.') && self.peek(2) == Some('.') => {
                for _ in 0..3 {
                    self.take();
                }
                Kind::Mark('…')
            }
            '"' => Kind::Text(self.text().ok_or((line, column))?),
            '-' | '0'..='9' => {
                let text = self.take_while(|char| matches!(char, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
                Kind::Number(text.parse().map_err(|_| (line, column))?)
            }
            char if char == '_' || char.is_ascii_alphabetic() => {
                Kind::Name(self.take_while(|char| char == '_' || char.is_ascii_alphanumeric()))
            }
            _ => return Err((line, column)),
        };
        Ok(Some(Token { kind, line, column }))
    }

    /// A string, or a block string without the trimming of its indent.
    fn text(&mut self) -> Option<String> {
        let block = self.peek(1) == Some('"') && self.peek(2) == Some('"');
        for _ in 0..if block { 3 } else { 1 } {
            self.take();
        }
        let mut text = String::new();
        loop {
            match self.take()? {
                '"' if !block => return Some(text),
                '"' if self.peek(0) == Some('"') && self.peek(1) == Some('"') => {
                    for _ in 0..2 {
                        self.take();
                    }
                    return Some(text.trim_matches('\n').to_owned());
                }
                '\\' if !block => text.push(self.escape()?),
                '\n' if !block => return None,
                char => text.push(char),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.take()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let digits: String = (0..4).filter_map(|_| self.take()).collect();
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
            }
            other => other,
        })
    }
}
