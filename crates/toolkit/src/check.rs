//! Validation of all inputs at once.

use std::fmt::Display;

use model::{Failure, Secret, codes};

use crate::Env;

/// Collects every problem of an action's inputs, so that a person mends them in one go.
#[derive(Debug)]
pub struct Check<'a> {
    env: &'a Env,
    problems: Vec<String>,
}

impl<'a> Check<'a> {
    /// Starts without problems.
    pub fn new(env: &'a Env) -> Self {
        Self { env, problems: Vec::new() }
    }

    /// Returns the environment that inputs may fall back to.
    pub fn env(&self) -> &'a Env {
        self.env
    }

    /// Parses an input that must be there.
    pub fn required<T, E: Display>(
        &mut self,
        input: &str,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_none_or(|value| value.trim().is_empty()) {
            self.problem(input, "is required and empty");
            return None;
        }
        self.optional(input, value, parse)
    }

    /// Parses an input that may be missing; white space around it is dropped, and an empty one counts as missing.
    pub fn optional<T, E: Display>(
        &mut self,
        input: &str,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(value.map(str::trim).filter(|value| !value.is_empty())?) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.problem(input, &error.to_string());
                None
            }
        }
    }

    /// Parses each value of a list; blank ones are dropped.
    pub fn list<T, E: Display>(
        &mut self,
        input: &str,
        values: &[String],
        mut parse: impl FnMut(&str) -> Result<T, E>,
    ) -> Vec<T> {
        values.iter().filter_map(|value| self.optional(input, Some(value), &mut parse)).collect()
    }

    /// Reads a boolean: `true` or `false`, as YAML 1.2 writes them, whatever the case.
    pub fn flag(&mut self, input: &str, value: Option<&str>, default: bool) -> bool {
        let parse = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!("`{text}` is neither `true` nor `false`")),
        };
        self.optional(input, value, parse).unwrap_or(default)
    }

    /// Reads a secret. The argument holds `env:NAME`; without one, the first of `fallbacks` that is set counts.
    ///
    /// A literal is refused without repeating it: what is on a command line can be read by every process.
    pub fn secret(&mut self, input: &str, value: Option<&str>, fallbacks: &[&str]) -> Option<Secret> {
        match value.filter(|value| !value.is_empty()) {
            None => fallbacks.iter().find_map(|name| self.env.get(name)).map(Secret::new),
            Some(source) => {
                if let Some(name) = source.strip_prefix("env:") {
                    let secret = self.env.get(name).map(|text| Secret::new(text.trim()));
                    if secret.is_none() {
                        self.problem(
                            input,
                            &format!("names the environment variable `{name}`, which is not set"),
                        );
                    }
                    secret
                } else {
                    self.problem(
                    input,
                    &format!(
                        "takes no secret on the command line, where every process can read it: put it into an \
                         environment variable and pass `--{input}=env:NAME`"
                    ),
                );
                    None
                }
            }
        }
    }

    /// Records a problem of `input`; `text` follows its name.
    pub fn problem(&mut self, input: &str, text: &str) {
        self.problems.push(if text.starts_with('`') {
            format!("input `{input}`: {text}")
        } else {
            format!("input `{input}` {text}")
        });
    }

    /// Whether nothing was found so far.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns the request, or one failure with all problems.
    pub fn finish<T>(self, request: Option<T>) -> Result<T, Failure> {
        match (request, self.problems.as_slice()) {
            (Some(request), []) => Ok(request),
            (None, []) => Err(Failure::new(&codes::INTERNAL, "an input was refused without a reason")),
            (_, [one]) => Err(Failure::new(&codes::INVALID_INPUT, one.clone())),
            (_, several) => {
                let mut failure =
                    Failure::new(&codes::INVALID_INPUT, format!("{} inputs are invalid", several.len()));
                failure.notes = several.to_vec();
                Err(failure)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Branch, Tag};

    use super::*;

    #[test]
    fn every_problem_is_reported() {
        let env = Env::default();
        let mut check = Check::new(&env);
        let tag = check.required("tag", Some("a/b"), str::parse::<Tag>);
        let branch = check.required("branch", None, str::parse::<Branch>);
        let dry = check.flag("dry-run", Some("maybe"), false);
        assert!(tag.is_none() && branch.is_none() && !dry);
        let failure = check.finish(tag.zip(branch)).unwrap_err();
        insta::assert_snapshot!(failure.notes.join("\n"), @r"
        input `tag`: `a/b` is not an image tag: expected 1 to 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`
        input `branch` is required and empty
        input `dry-run`: `maybe` is neither `true` nor `false`
        ");
    }

    #[test]
    fn a_literal_secret_is_refused_and_not_repeated() {
        let env = Env::from_pairs([("T", "s3cret")]);
        let mut check = Check::new(&env);
        assert_eq!(check.secret("token", Some("env:T"), &[]).unwrap().expose(), "s3cret");
        assert!(check.secret("token", Some("ghp_literal"), &[]).is_none());
        let failure = check.finish(Some(())).unwrap_err();
        assert!(!failure.cause.contains("ghp_literal"));
    }
}
