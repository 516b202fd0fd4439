//! A terminal's end: lines that stay, and below them some that are rewritten in place.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
};

use crate::Env;

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// A stream that may be a terminal.
pub(crate) struct Screen {
    stream: Box<dyn Write + Send>,
    /// Asked before every drawing, since people resize terminals. None where nothing can be rewritten.
    size: fn() -> Option<Size>,
    live: Vec<String>,
    /// How many rows of the live lines stand on the screen.
    drawn: usize,
}

impl Screen {
    /// Standard error, which is rewritten only if it is a terminal for people: lines of debug logging come from elsewhere
    /// and would get in between.
    pub(crate) fn stderr(env: &Env) -> Self {
        let is_dumb = env.get("TERM").is_none_or(|term| term == "dumb");
        let is_for_people = !env.in_actions() && !env.is_debug() && !is_dumb && io::stderr().is_terminal();
        Self::new(Box::new(io::stderr()), if is_for_people { size_of_stderr } else { || None })
    }

    pub(crate) fn new(stream: Box<dyn Write + Send>, size: fn() -> Option<Size>) -> Self {
        Self { stream, size, live: Vec::new(), drawn: 0 }
    }

    /// Whether lines can be rewritten.
    pub(crate) fn is_live(&self) -> bool {
        (self.size)().is_some()
    }

    /// Writes a line that stays, above those that are rewritten.
    pub(crate) fn line(&mut self, line: &str) {
        let (erase, draw) = (self.erase(), self.draw());
        self.write(&format!("{erase}{line}\n{draw}"));
    }

    /// Replaces the lines that are rewritten. Nothing happens where that is not possible.
    pub(crate) fn rewrite(&mut self, lines: Vec<String>) {
        if self.is_live() {
            self.live = lines;
            let (erase, draw) = (self.erase(), self.draw());
            self.write(&format!("{erase}{draw}"));
        }
    }

    /// Does something while the lines that are rewritten are away, such as writing elsewhere on the same terminal.
    pub(crate) fn without_live<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let erase = self.erase();
        self.write(&erase);
        let result = work();
        let draw = self.draw();
        self.write(&draw);
        result
    }

    /// What takes the drawn rows away (ECMA-48: cursor up, erase to the end of the page).
    fn erase(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            rows => format!("\x1b[{rows}A\r\x1b[J"),
        }
    }

    /// What puts the live lines there, each in one row.
    fn draw(&mut self) -> String {
        let Some(size) = (self.size)() else { return String::new() };
        let mut text = String::new();
        // The row of the cursor is the last one.
        for line in self.live.iter().take(size.rows.saturating_sub(1)) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}", fitting(line, size.columns));
            self.drawn += 1;
        }
        text
    }

    // A closed pipe is no reason to stop half way.
    fn write(&mut self, text: &str) {
        if !text.is_empty() {
            let _ = self.stream.write_all(text.as_bytes()).and_then(|()| self.stream.flush());
        }
    }
}

fn size_of_stderr() -> Option<Size> {
    let (width, height) = terminal_size::terminal_size_of(io::stderr())?;
    Some(Size { columns: width.0.into(), rows: height.0.into() })
}

/// One row of a line. Whatever is not ASCII may take two columns, so that it counts as two.
fn fitting(line: &str, columns: usize) -> String {
    let width = |character: char| if character.is_ascii() { 1 } else { 2 };
    let mut row = String::new();
    let mut used = 0;
    for character in line.chars().map(|character| if character.is_control() { ' ' } else { character }) {
        used += width(character);
        // A row that is full to its end makes some terminals go on in the next.
        if used >= columns {
            break;
        }
        row.push(character);
    }
    row
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(size: fn() -> Option<Size>, work: impl FnOnce(&mut Screen)) -> String {
        let buffer = Buffer::default();
        work(&mut Screen::new(Box::new(buffer.clone()), size));
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn live_lines_stay_below_the_others() {
        let text = written(
            || Some(Size { columns: 80, rows: 24 }),
            |screen| {
                screen.rewrite(vec!["a".to_owned(), "b".to_owned()]);
                screen.line("stays");
                screen.rewrite(Vec::new());
                screen.line("end");
            },
        );
        assert_eq!(text, "a\nb\n\x1b[2A\r\x1b[Jstays\na\nb\n\x1b[2A\r\x1b[Jend\n");
    }

    #[test]
    fn a_live_line_takes_one_row_and_the_cursor_has_one() {
        let text = written(
            || Some(Size { columns: 6, rows: 3 }),
            |screen| {
                screen.rewrite(vec!["123456789".to_owned(), "ä\x1b[3äx".to_owned(), "no row".to_owned()]);
                screen.rewrite(Vec::new());
            },
        );
        assert_eq!(text, "12345\nä [3\n\x1b[2A\r\x1b[J");
    }

    #[test]
    fn nothing_is_rewritten_in_a_file() {
        let text = written(
            || None,
            |screen| {
                screen.rewrite(vec!["a".to_owned()]);
                screen.line("stays");
            },
        );
        assert_eq!(text, "stays\n");
    }
}
