//! What is being waited for, while it is: on a terminal one line for each application, rewritten in place; in a log a line
//! for each change.

use std::sync::{Mutex, PoisonError};

use model::Deadline;
use toolkit::Host;

/// Tells of the progress of one or several applications. Dropping it leaves each one's last line in the log.
pub(crate) struct Lines<'a> {
    host: &'a Host,
    clock: Deadline,
    /// In the order in which they were named.
    told: Mutex<Vec<Line>>,
    /// Whether the application has to be named in a log.
    has_several: bool,
}

struct Line {
    application: String,
    /// What was said last.
    text: String,
    /// That, as it is shown.
    shown: String,
}

impl<'a> Lines<'a> {
    /// Starts for these applications, in this order.
    pub(crate) fn new(host: &'a Host, clock: Deadline, applications: &[String]) -> Self {
        let line = |application: &String| Line {
            application: application.clone(),
            text: String::new(),
            shown: String::new(),
        };
        Self {
            host,
            clock,
            told: Mutex::new(applications.iter().map(line).collect()),
            has_several: applications.len() > 1,
        }
    }

    /// Says what an application waits for or does. What was said of it just before is not said again.
    pub(crate) fn say(&self, application: &str, text: &str) {
        let mut lines = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let widest = lines.iter().map(|line| line.application.len()).max().unwrap_or_default();
        let Some(line) = lines.iter_mut().find(|line| line.application == application) else { return };
        if line.text == text {
            return;
        }
        text.clone_into(&mut line.text);
        let time = self.clock.elapsed().as_secs_f32();
        line.shown = if self.has_several {
            format!("{time:>5.1} s  {application:<widest$}  {text}")
        } else {
            format!("{time:>5.1} s  {text}")
        };
        if self.host.is_live() {
            self.host.rewrite(
                lines.iter().map(|line| line.shown.clone()).filter(|line| !line.is_empty()).collect(),
            );
        } else {
            self.host.info(&line.shown);
        }
    }
}

impl Drop for Lines<'_> {
    fn drop(&mut self) {
        if self.host.is_live() {
            self.host.rewrite(Vec::new());
            let lines = self.told.get_mut().unwrap_or_else(PoisonError::into_inner);
            lines.iter().filter(|line| !line.shown.is_empty()).for_each(|line| self.host.info(&line.shown));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::Arc,
        time::Duration,
    };

    use toolkit::Env;

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

    #[test]
    fn a_log_has_a_line_for_each_change() {
        let log = Buffer::default();
        let host = Host::with_streams(Env::default(), Box::new(io::sink()), Box::new(log.clone()));
        let clock = Deadline::after(Duration::from_secs(60));
        let both = Lines::new(&host, clock, &["dev".to_owned(), "dev-canary".to_owned()]);
        both.say("dev", "health is Progressing");
        both.say("dev-canary", "the operation runs");
        both.say("dev", "health is Progressing");
        both.say("dev", "all holds");
        drop(both);
        Lines::new(&host, clock, &["dev".to_owned()]).say("dev", "all holds");
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(log, @r"
        0.0 s  dev         health is Progressing
        0.0 s  dev-canary  the operation runs
        0.0 s  dev         all holds
        0.0 s  all holds
        ");
    }
}
