//! What each call of the REST API needs, by GitHub's own table (`permissions.txt`, which names its source).

use std::sync::LazyLock;

use http::Method;

use super::token::{Access, Token};

static TABLE: LazyLock<Vec<Line>> = LazyLock::new(|| parse(include_str!("permissions.txt")));

/// The parameters of a path that may hold slashes, as the names of branches do.
const LONG: &[&str] = &["{ref}", "{branch}", "{basehead}", "{name}"];

/// One call, and the sets of permissions of which one is enough.
#[derive(Debug)]
pub(crate) struct Line {
    /// `PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge`, with one space.
    pub(crate) call: String,
    /// The sets as `X-Accepted-GitHub-Permissions` has them.
    pub(crate) accepted: &'static str,
    sets: Vec<Vec<(&'static str, Access)>>,
    method: &'static str,
    segments: Vec<&'static str>,
}

impl Line {
    /// Whether `token` has one of the sets.
    pub(crate) fn allows(&self, token: &Token) -> bool {
        let has = |set: &Vec<(&str, Access)>| set.iter().all(|(name, access)| token.allows(name, *access));
        self.sets.iter().any(has)
    }

    /// Whether the call only looks.
    pub(crate) fn only_reads(&self) -> bool {
        self.sets.iter().flatten().all(|(_, access)| *access == Access::Read)
    }

    /// Whether a public repository answers everybody: its settings are for administrators alone.
    pub(crate) fn is_open(&self) -> bool {
        self.only_reads() && self.sets.iter().flatten().all(|(name, _)| *name != "administration")
    }

    /// The more of a path is literal, the nearer it is to a call.
    fn literals(&self) -> usize {
        self.segments.iter().filter(|segment| !segment.starts_with('{')).count()
    }
}

/// Every line.
#[cfg(test)]
pub(crate) fn all() -> &'static [Line] {
    &TABLE
}

/// Returns the line of a request, if the table has one.
pub(crate) fn of(method: &Method, path: &str) -> Option<&'static Line> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let path: Vec<&str> = path.split('/').collect();
    TABLE
        .iter()
        .filter(|line| line.method == method && fits(&line.segments, &path))
        .max_by_key(|line| line.literals())
}

/// Returns the line of a call that is named as the table names it.
pub(crate) fn named(call: &str) -> Option<&'static Line> {
    TABLE.iter().find(|line| line.call == call)
}

fn fits(template: &[&str], path: &[&str]) -> bool {
    match (template, path) {
        ([], []) => true,
        ([long, template @ ..], [_, ..]) if LONG.contains(long) => {
            (1..=path.len()).any(|taken| fits(template, path.get(taken..).unwrap_or_default()))
        }
        ([wanted, template @ ..], [found, path @ ..]) => {
            (wanted == found || wanted.starts_with('{')) && fits(template, path)
        }
        _ => false,
    }
}

/// Lines that are none are left out, which the test of the routes sees.
fn parse(text: &'static str) -> Vec<Line> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect()
}

fn line(text: &'static str) -> Option<Line> {
    let (method, rest) = text.split_once(' ')?;
    let (path, accepted) = rest.trim_start().split_once(' ')?;
    let accepted = accepted.trim();
    let permission = |text: &'static str| {
        let (name, access) = text.trim().split_once('=')?;
        Some((name, Access::parse(access)?))
    };
    let sets =
        accepted.split(';').map(|set| set.split(',').map(permission).collect()).collect::<Option<_>>()?;
    Some(Line {
        call: format!("{method} {path}"),
        accepted,
        sets,
        method,
        segments: path.split('/').collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::TokenSpec;

    fn call(method: &Method, path: &str) -> &'static str {
        of(method, path).map_or("", |line| line.call.as_str())
    }

    #[test]
    fn a_request_has_the_line_that_is_nearest_to_it() {
        let commits = "/repos/o/r/commits";
        assert_eq!(call(&Method::GET, &format!("{commits}/dev")), "GET /repos/{owner}/{repo}/commits/{ref}");
        assert_eq!(
            call(&Method::GET, &format!("{commits}/feature/x/check-runs")),
            "GET /repos/{owner}/{repo}/commits/{ref}/check-runs"
        );
        assert_eq!(
            call(&Method::HEAD, "/repos/o/r/issues/comments/7"),
            "GET /repos/{owner}/{repo}/issues/comments/{comment_id}"
        );
        assert_eq!(
            call(&Method::GET, "/repos/o/r/issues/7/comments"),
            "GET /repos/{owner}/{repo}/issues/{issue_number}/comments"
        );
        assert_eq!(call(&Method::PUT, "/repos/o/r/pulls/7"), "");
        assert_eq!(call(&Method::GET, "/repos/o/r/pulls/7/merge/now"), "");
    }

    #[test]
    fn one_whole_set_is_enough_and_half_a_set_is_not() {
        let token =
            |permissions: &[(&str, &str)]| Token::new(&TokenSpec::new("app[bot]", permissions), false);
        let either = line("GET /x  contents=read; pull_requests=read").unwrap();
        assert!(either.allows(&token(&[("pull-requests", "write")])));
        assert!(!either.allows(&token(&[("issues", "write")])));
        let both = line("POST /x  contents=write,workflows=write").unwrap();
        assert!(!both.allows(&token(&[("contents", "write")])));
        assert!(both.allows(&token(&[("contents", "write"), ("workflows", "write")])));
        assert!(either.only_reads() && !both.only_reads());
    }

    #[test]
    fn every_line_is_understood() {
        let text = include_str!("permissions.txt");
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        assert_eq!(all().len(), lines);
    }
}
