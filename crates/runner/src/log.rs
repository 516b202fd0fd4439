//! What `act --json` says, line by line.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

/// One thing that happened in a run.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A step of the job began.
    Began(String),
    /// A step of the job ended.
    Ended(Step),
    /// A step wrote a line.
    Wrote(String),
    /// A step wrote an error annotation, `::error …::`.
    Complained(String),
    /// A step set an output.
    Output {
        /// The step's id.
        step: String,
        /// The output.
        name: String,
        /// Its value.
        value: String,
    },
    /// act itself has something to say.
    Warned(String),
}

/// A step that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name, or what it runs.
    pub name: String,
    /// `success`, `failure` or `skipped`.
    pub result: String,
    /// How long it took.
    pub took: Duration,
}

/// A finished run.
#[derive(Debug, Default)]
pub struct Record {
    /// The steps that ran, in order.
    pub steps: Vec<Step>,
    /// Outputs by step and name.
    pub outputs: BTreeMap<(String, String), String>,
    /// Everything that the steps wrote.
    pub lines: Vec<String>,
    /// The error annotations among it.
    pub errors: Vec<String>,
    /// Everything that act said, as it said it.
    pub transcript: String,
    /// Whether the job succeeded.
    pub succeeded: bool,
    /// From the event to the end of the job.
    pub took: Duration,
}

impl Record {
    /// Notes an event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::Ended(step) => self.steps.push(step.clone()),
            Event::Wrote(line) => self.lines.push(line.clone()),
            Event::Complained(text) => {
                self.lines.push(format!("error: {text}"));
                self.errors.push(text.clone());
            }
            Event::Output { step, name, value } => {
                self.outputs.insert((step.clone(), name.clone()), value.clone());
            }
            Event::Warned(text) => self.lines.push(format!("act: {text}")),
            Event::Began(_) => {}
        }
    }

    /// Returns an output of a step; empty if it was not set.
    pub fn output(&self, step: &str, name: &str) -> &str {
        self.outputs.get(&(step.to_owned(), name.to_owned())).map_or("", String::as_str)
    }
}

/// Reads one line; `None` if it says nothing of interest.
pub(crate) fn parse(line: &str) -> Option<Event> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if value["raw_output"] == true {
        return Some(Event::Wrote(text("msg").trim_end().to_owned()));
    }
    let ids: Vec<&str> = value["stepID"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if value["command"] == "set-output" {
        // A composite action's output is told once for the step inside and once for the step of the job.
        let step = (*ids.first()?).to_owned();
        return (ids.len() == 1).then(|| Event::Output { step, name: text("name"), value: text("arg") });
    }
    // Annotations are taken out of the output and told as commands, unescaped.
    match value["command"].as_str() {
        Some("error") => return Some(Event::Complained(text("arg"))),
        Some(level @ ("warning" | "notice")) => {
            return Some(Event::Wrote(format!("{level}: {}", text("arg"))));
        }
        _ => {}
    }
    if value["stage"] == "Main" && ids.len() == 1 {
        if let Some(result) = value["stepResult"].as_str() {
            let took = Duration::from_nanos(value["executionTime"].as_u64().unwrap_or_default());
            return Some(Event::Ended(Step { name: text("step"), result: result.to_owned(), took }));
        }
        if text("msg").contains("Run Main") {
            return Some(Event::Began(text("step")));
        }
    }
    let is_trouble = matches!(value["level"].as_str(), Some("error" | "fatal"));
    (is_trouble && ids.is_empty()).then(|| Event::Warned(text("msg")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_outputs_and_lines_are_told_apart() {
        let lines = [
            r#"{"msg":"⭐ Run Main Merge","stage":"Main","step":"Merge","stepID":["merge"]}"#,
            r#"{"msg":"hello\n","raw_output":true,"stage":"Main","step":"Merge","stepID":["merge","run"]}"#,
            r#"{"command":"set-output","name":"sha","arg":"abc","stepID":["merge","run"]}"#,
            r#"{"command":"set-output","name":"sha","arg":"abc","stepID":["merge"]}"#,
            r#"{"executionTime":2000000,"msg":"ok","stage":"Main","step":"Merge","stepID":["merge"],"stepResult":"success"}"#,
            r#"{"level":"info","msg":"Cleaning up"}"#,
            "not json",
        ];
        let mut record = Record::default();
        let events: Vec<Event> = lines.iter().filter_map(|line| parse(line)).collect();
        events.iter().for_each(|event| record.add(event));
        assert_eq!(events.len(), 4);
        assert_eq!(record.output("merge", "sha"), "abc");
        assert_eq!(record.lines, ["hello"]);
        assert_eq!(record.steps[0].took, Duration::from_millis(2));
    }

    #[test]
    fn errors_are_told_once_and_the_failed_step_is_no_news() {
        let lines = [
            r#"{"arg":"one\ntwo","command":"error","level":"error","stage":"Main","step":"a","stepID":["a"]}"#,
            r#"{"level":"error","msg":"exit status 3","stage":"Main","step":"a","stepID":["a"]}"#,
            r#"{"level":"error","msg":"no such action"}"#,
        ];
        let events: Vec<Event> = lines.iter().filter_map(|line| parse(line)).collect();
        assert_eq!(
            events,
            [Event::Complained("one\ntwo".to_owned()), Event::Warned("no such action".to_owned())]
        );
    }
}
