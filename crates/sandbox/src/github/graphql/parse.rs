//! GraphQL's documents: operations, fragments, selections.

use std::collections::BTreeMap;

use serde_json::Value;

use super::lexer::{Kind, Token, tokens};

/// A document.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: BTreeMap<String, Fragment>,
}

/// A query or a mutation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) mutation: bool,
    pub(super) name: Option<String>,
    pub(super) variables: Vec<Variable>,
    pub(super) selections: Vec<Selection>,
}

/// `$name: Type! = default`.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) default: Option<Literal>,
}

/// `fragment F on T { … }`, or `... on T { … }`.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) on: Option<String>,
    pub(super) selections: Vec<Selection>,
}

/// One selection, unless its directives leave it out.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) what: What,
    /// `@include` (true) and `@skip` (false) with their condition.
    pub(super) conditions: Vec<(bool, Literal)>,
}

/// What is selected.
#[derive(Debug)]
pub(super) enum What {
    Field(Field),
    Inline(Fragment),
    Spread(String),
}

/// `alias: name(arguments) { … }`.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Literal)>,
    pub(super) selections: Vec<Selection>,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Field {
    /// The name in the reply.
    pub(super) fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// A value that may hold variables. Enum values are taken as text.
#[derive(Debug, Clone)]
pub(super) enum Literal {
    Variable(String),
    Value(Value),
    List(Vec<Literal>),
    Object(Vec<(String, Literal)>),
}

impl Literal {
    /// Puts the variables in.
    pub(super) fn resolve(&self, variables: &Value) -> Value {
        match self {
            Self::Variable(name) => variables.get(name).cloned().unwrap_or(Value::Null),
            Self::Value(value) => value.clone(),
            Self::List(list) => list.iter().map(|one| one.resolve(variables)).collect(),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, one)| (name.clone(), one.resolve(variables)));
                Value::Object(fields.collect())
            }
        }
    }
}

/// Why a document cannot be read, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ParseError {
    pub(super) message: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Reads a document.
pub(super) fn parse(source: &str) -> Result<Document, ParseError> {
    let tokens = tokens(source).map_err(|(line, column)| ParseError {
        message: format!("Parse error on bad character at [{line}, {column}]"),
        line,
        column,
    })?;
    let mut parser = Parser { tokens, at: 0 };
    let mut document = Document::default();
    while parser.at < parser.tokens.len() {
        parser.definition(&mut document)?;
    }
    if document.operations.is_empty() {
        return Err(parser.unexpected());
    }
    Ok(document)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn unexpected(&self) -> ParseError {
        match self.tokens.get(self.at) {
            Some(token) => {
                let shown = match &token.kind {
                    Kind::Name(name) => name.clone(),
                    Kind::Text(text) => text.clone(),
                    Kind::Number(number) => number.to_string(),
                    Kind::Mark('…') => "...".to_owned(),
                    Kind::Mark(mark) => mark.to_string(),
                };
                let (line, column) = (token.line, token.column);
                ParseError {
                    message: format!("Parse error on \"{shown}\" at [{line}, {column}]"),
                    line,
                    column,
                }
            }
            None => ParseError { message: "Unexpected end of document".to_owned(), line: 1, column: 1 },
        }
    }

    fn eat(&mut self, mark: char) -> bool {
        let there = self.peek() == Some(&Kind::Mark(mark));
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, mark: char) -> Parsed<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Kind::Name(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn definition(&mut self, document: &mut Document) -> Parsed<()> {
        if self.peek() == Some(&Kind::Mark('{')) {
            let selections = self.selections()?;
            document.operations.push(Operation {
                mutation: false,
                name: None,
                variables: vec![],
                selections,
            });
            return Ok(());
        }
        let at = self.at;
        let keyword = self.name()?;
        match keyword.as_str() {
            "query" | "mutation" => {
                let name = matches!(self.peek(), Some(Kind::Name(_))).then(|| self.name()).transpose()?;
                let variables = if self.eat('(') { self.variables()? } else { Vec::new() };
                self.directives()?;
                let selections = self.selections()?;
                let mutation = keyword == "mutation";
                document.operations.push(Operation { mutation, name, variables, selections });
                Ok(())
            }
            "fragment" => {
                let name = self.name()?;
                self.name()?;
                let on = Some(self.name()?);
                self.directives()?;
                let selections = self.selections()?;
                document.fragments.insert(name, Fragment { on, selections });
                Ok(())
            }
            _ => {
                self.at = at;
                Err(self.unexpected())
            }
        }
    }

    fn variables(&mut self) -> Parsed<Vec<Variable>> {
        let mut variables = Vec::new();
        while !self.eat(')') {
            self.expect('$')?;
            let name = self.name()?;
            self.expect(':')?;
            let kind = self.kind()?;
            let default = if self.eat('=') { Some(self.literal()?) } else { None };
            variables.push(Variable { name, kind, default });
        }
        Ok(variables)
    }

    fn kind(&mut self) -> Parsed<String> {
        let mut kind = if self.eat('[') {
            let inner = self.kind()?;
            self.expect(']')?;
            format!("[{inner}]")
        } else {
            self.name()?
        };
        if self.eat('!') {
            kind.push('!');
        }
        Ok(kind)
    }

    fn selections(&mut self) -> Parsed<Vec<Selection>> {
        self.expect('{')?;
        let mut selections = Vec::new();
        while !self.eat('}') {
            selections.push(self.selection()?);
        }
        if selections.is_empty() {
            self.at -= 1;
            return Err(self.unexpected());
        }
        Ok(selections)
    }

    fn selection(&mut self) -> Parsed<Selection> {
        if !self.eat('…') {
            let (line, column) = self.tokens.get(self.at).map_or((1, 1), |token| (token.line, token.column));
            let first = self.name()?;
            let (alias, name) = if self.eat(':') { (Some(first), self.name()?) } else { (None, first) };
            let arguments = if self.eat('(') { self.arguments()? } else { Vec::new() };
            let conditions = self.directives()?;
            let nested = self.peek() == Some(&Kind::Mark('{'));
            let selections = if nested { self.selections()? } else { Vec::new() };
            let field = Field { alias, name, arguments, selections, line, column };
            return Ok(Selection { what: What::Field(field), conditions });
        }
        let on = match self.peek() {
            Some(Kind::Name(name)) if name == "on" => {
                self.at += 1;
                Some(self.name()?)
            }
            Some(Kind::Name(_)) => {
                let name = self.name()?;
                return Ok(Selection { what: What::Spread(name), conditions: self.directives()? });
            }
            _ => None,
        };
        let conditions = self.directives()?;
        let selections = self.selections()?;
        Ok(Selection { what: What::Inline(Fragment { on, selections }), conditions })
    }

    fn arguments(&mut self) -> Parsed<Vec<(String, Literal)>> {
        let mut arguments = Vec::new();
        while !self.eat(')') {
            let name = self.name()?;
            self.expect(':')?;
            arguments.push((name, self.literal()?));
        }
        Ok(arguments)
    }

    /// Reads directives; `@include` and `@skip` are kept.
    fn directives(&mut self) -> Parsed<Vec<(bool, Literal)>> {
        let mut conditions = Vec::new();
        while self.eat('@') {
            let name = self.name()?;
            let arguments = if self.eat('(') { self.arguments()? } else { Vec::new() };
            let condition = arguments.into_iter().find(|(name, _)| name == "if");
            if let (Some((_, condition)), "include" | "skip") = (condition, name.as_str()) {
                conditions.push((name == "include", condition));
            }
        }
        Ok(conditions)
    }

    fn literal(&mut self) -> Parsed<Literal> {
        if self.eat('$') {
            return Ok(Literal::Variable(self.name()?));
        }
        if self.eat('[') {
            let mut list = Vec::new();
            while !self.eat(']') {
                list.push(self.literal()?);
            }
            return Ok(Literal::List(list));
        }
        if self.eat('{') {
            let mut fields = Vec::new();
            while !self.eat('}') {
                let name = self.name()?;
                self.expect(':')?;
                fields.push((name, self.literal()?));
            }
            return Ok(Literal::Object(fields));
        }
        let value = match self.peek() {
            Some(Kind::Text(text)) => Value::String(text.clone()),
            Some(Kind::Number(number)) => Value::Number(number.clone()),
            Some(Kind::Name(name)) => match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                name => Value::String(name.to_owned()),
            },
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(Literal::Value(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_aliases_arguments_fragments_and_directives() {
        let source = "query Q($p: String!, $n: Int = 3) { # comment\n a: file(path: $p, n: [1, $n]) @include(if: true) { ... on Blob { text } ...F } }\nfragment F on Tree { x }";
        let document = parse(source).unwrap();
        let operation = &document.operations[0];
        assert_eq!(operation.name.as_deref(), Some("Q"));
        assert_eq!((operation.variables[0].kind.as_str(), operation.variables.len()), ("String!", 2));
        let What::Field(field) = &operation.selections[0].what else { panic!("a field") };
        assert_eq!((field.key(), field.name.as_str(), field.line, field.column), ("a", "file", 2, 2));
        let variables = serde_json::json!({ "p": "x", "n": 4 });
        assert_eq!(field.arguments[1].1.resolve(&variables), serde_json::json!([1, 4]));
        assert_eq!(field.selections.len(), 2);
        assert_eq!(document.fragments["F"].on.as_deref(), Some("Tree"));
    }

    #[test]
    fn strings_have_escapes_and_blocks() {
        let document = parse("{ a(x: \"q\\\"\\u0041\\n\", y: \"\"\"b\"c\"\"\") }").unwrap();
        let What::Field(field) = &document.operations[0].selections[0].what else { panic!("a field") };
        assert_eq!(field.arguments[0].1.resolve(&Value::Null), "q\"A\n");
        assert_eq!(field.arguments[1].1.resolve(&Value::Null), "b\"c");
    }

    #[test]
    fn an_error_names_the_place() {
        let error = parse("{ a {} }").unwrap_err();
        assert_eq!((error.line, error.column), (1, 6));
        assert!(parse("{ a").is_err());
        assert!(parse("{ a ; }").unwrap_err().message.contains("[1, 5]"));
    }
}
