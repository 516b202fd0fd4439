//! What a registry's refusal means. ECR's texts are those of facts gathered from its users' reports.

use model::{Failure, ImageName, codes::UNEXPECTED_REPLY};
use reqwest::StatusCode;
use serde::Deserialize;

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

    fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|known| known == code)
    }

    /// Whether the repository itself is not there.
    pub(super) fn is_repository_missing(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
            && (self.has("NAME_UNKNOWN") || self.text.contains("does not exist in the registry with id"))
    }

    /// Whether a manifest was refused because something that it refers to is not there.
    pub(super) fn is_reference_missing(&self) -> bool {
        self.has("MANIFEST_BLOB_UNKNOWN")
            || self.has("BLOB_UNKNOWN")
            || self.has("MANIFEST_UNKNOWN")
            || (self.text.contains("required for pushing image") && self.text.contains("do not exist"))
    }

    fn is_expired(&self) -> bool {
        self.text.contains("authorization token has expired")
    }

    fn is_immutable_tag(&self) -> bool {
        self.has("TAG_INVALID") || self.text.contains("the repository is immutable")
    }

    /// Turns it into a failure of `doing` something in `image`.
    pub(super) fn into_failure(self, doing: &str, image: &ImageName) -> Failure {
        let said = match self.text.as_str() {
            "" => format!("HTTP {}", self.status.as_u16()),
            text => format!("{text} (HTTP {})", self.status.as_u16()),
        };
        let cause = format!("{} refused {doing} in {}: {said}", image.registry(), image.repository());
        if self.is_expired() {
            return Failure::new(&codes::REGISTRY_UNAUTHORIZED, cause).with_remedy(
                "Run `oidc-ecr-login` again, shortly before this step: a token of ECR lasts 12 hours.",
            );
        }
        if self.is_repository_missing() {
            return Failure::new(
                &codes::REPOSITORY_MISSING,
                format!("there is no repository `{}` in {}: {said}", image.repository(), image.registry()),
            );
        }
        if self.is_immutable_tag() {
            return Failure::new(&codes::TAG_IMMUTABLE, cause);
        }
        match self.status {
            StatusCode::UNAUTHORIZED => Failure::new(&codes::REGISTRY_UNAUTHORIZED, cause),
            StatusCode::FORBIDDEN => Failure::new(&codes::REGISTRY_DENIED, cause),
            StatusCode::TOO_MANY_REQUESTS => Failure::new(&codes::RATE_LIMITED, cause),
            status if status.is_server_error() => Failure::new(&codes::REGISTRY_UNAVAILABLE, cause),
            _ if self.has("DIGEST_INVALID") => Failure::new(&codes::DIGEST_MISMATCH, cause),
            _ if self.is_reference_missing() => Failure::new(&codes::REFERENCE_MISSING, cause),
            _ => Failure::new(&UNEXPECTED_REPLY, cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_recognised() {
        let json = |code: &str, message: &str| {
            format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#)
        };
        for (status, body, expected) in [
            (
                404,
                json(
                    "NAME_UNKNOWN",
                    "The repository with name 'r' does not exist in the registry with id '1'",
                ),
                "repository-missing",
            ),
            (400, json("TAG_INVALID", "The image tag 't' already exists"), "tag-immutable"),
            (
                403,
                "denied: Your authorization token has expired. Reauthenticate and try again.".to_owned(),
                "registry-unauthorized",
            ),
            (403, json("DENIED", "no"), "registry-denied"),
            (401, String::new(), "registry-unauthorized"),
            (429, json("TOOMANYREQUESTS", "Rate exceeded"), "registry-rate-limited"),
            (503, "<html>".to_owned(), "registry-unavailable"),
            (400, json("DIGEST_INVALID", "x"), "digest-mismatch"),
            (404, json("MANIFEST_BLOB_UNKNOWN", "Images with digests '[]' required"), "reference-missing"),
            (
                404,
                json(
                    "BLOB_UPLOAD_UNKNOWN",
                    "Layers with digests '[x]' required for pushing image into repository with name 'r' in the registry with id '1' do not exist",
                ),
                "reference-missing",
            ),
            (405, json("UNSUPPORTED", "x"), "unexpected-reply"),
        ] {
            let refusal = Refusal::new(StatusCode::from_u16(status).unwrap(), body.as_bytes());
            let failure = refusal.into_failure("PUT of a manifest", &"a.example/r".parse().unwrap());
            assert_eq!(failure.code.id, expected, "{status} {body}");
        }
    }

    #[test]
    fn the_cause_quotes_the_registry() {
        let refusal =
            Refusal::new(StatusCode::FORBIDDEN, br#"{"errors":[{"code":"DENIED","message":"not you"}]}"#);
        let failure = refusal.into_failure("the tag `v1`", &"a.example/r/s".parse().unwrap());
        insta::assert_snapshot!(failure.cause, @"a.example refused the tag `v1` in r/s: not you (HTTP 403)");
    }
}
