//! What a registry's refusal says, and the failure that it becomes.

use model::{Code, Failure, ImageName, codes::UNEXPECTED_REPLY};
use reqwest::StatusCode;
use serde::Deserialize;

use super::meaning::{Meaning, meaning};
use crate::codes;

#[derive(Deserialize)]
struct Body {
    errors: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

/// A refusal with the codes and messages of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    codes: Vec<String>,
    text: String,
}

impl Refusal {
    /// Reads a reply's body, which is JSON by the specification, and plain text from ECR now and then.
    pub(super) fn new(status: StatusCode, body: &[u8]) -> Self {
        let items = serde_json::from_slice::<Body>(body).map(|body| body.errors).unwrap_or_default();
        if items.is_empty() {
            let text: String = String::from_utf8_lossy(body).trim().chars().take(500).collect();
            return Self { status, codes: Vec::new(), text };
        }
        let texts: Vec<String> = items
            .iter()
            .map(|item| {
                item.message.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| item.code.clone())
            })
            .collect();
        let codes = items.into_iter().map(|item| item.code).collect();
        Self { status, codes, text: texts.join("; ").chars().take(500).collect() }
    }

    /// What it means, as far as it is known.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        meaning(self.status, &self.codes, &self.text)
    }

    /// Whether the repository itself is not there.
    pub(super) fn is_repository_missing(&self) -> bool {
        self.meaning() == Some(Meaning::RepositoryMissing)
    }

    /// Whether another credential would do.
    pub(super) fn is_expired(&self) -> bool {
        self.meaning() == Some(Meaning::Expired)
    }

    /// Whether it has this status and nothing else.
    pub(super) fn is_wordless(&self, status: StatusCode) -> bool {
        self.status == status && self.text.is_empty()
    }

    fn said(&self) -> String {
        match self.text.as_str() {
            "" => format!("HTTP {}", self.status.as_u16()),
            text => format!("{text} (HTTP {})", self.status.as_u16()),
        }
    }

    /// Turns it into a failure of `doing` something in `image` for somebody whom the registry knows.
    pub(super) fn into_denial(self, doing: &str, image: &ImageName) -> Failure {
        let said = self.said();
        let cause = format!("{} refused {doing} in {}: {said}", image.registry(), image.repository());
        Failure::new(&codes::REGISTRY_DENIED, cause).with_remedy(format!(
            "Give the user of Docker's configuration the right to this in `{}`, if that repository exists.",
            image.repository()
        ))
    }

    /// Turns it into a failure of `doing` something in `image`.
    pub(super) fn into_failure(self, doing: &str, image: &ImageName) -> Failure {
        let said = self.said();
        let cause = format!("{} refused {doing} in {}: {said}", image.registry(), image.repository());
        match self.meaning() {
            Some(Meaning::RepositoryMissing) => Failure::new(
                &codes::REPOSITORY_MISSING,
                format!("there is no repository `{}` in {}: {said}", image.repository(), image.registry()),
            ),
            Some(meaning) => meaning.failure(cause, &self.text),
            None => Failure::new(by_status(self.status), cause),
        }
    }
}

/// What a status means that comes with no known text.
fn by_status(status: StatusCode) -> &'static Code {
    match status {
        StatusCode::UNAUTHORIZED => &codes::REGISTRY_UNAUTHORIZED,
        StatusCode::FORBIDDEN => &codes::REGISTRY_DENIED,
        StatusCode::TOO_MANY_REQUESTS => &codes::RATE_LIMITED,
        status if status.is_server_error() => &codes::REGISTRY_UNAVAILABLE,
        _ => &UNEXPECTED_REPLY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_quotes_the_registry() {
        let refusal =
            Refusal::new(StatusCode::FORBIDDEN, br#"{"errors":[{"code":"DENIED","message":"not you"}]}"#);
        let failure = refusal.into_failure("the tag `v1`", &"a.example/r/s".parse().unwrap());
        insta::assert_snapshot!(failure.cause, @"a.example refused the tag `v1` in r/s: not you (HTTP 403)");
    }
}
