//! The App's own token: a JWT that its private key signs
//! (<https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>).

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Failure, Secret, codes::INVALID_INPUT};
use octocrab::{
    auth::EncodingKey,
    jsonwebtoken::{self, Algorithm, Header},
};
use serde::Serialize;

use crate::codes::APP_KEY_INVALID;

/// GitHub takes a token that is at most this long valid, from `iat` on; a clock may be some seconds ahead of GitHub's.
const LIFETIME: u64 = 9 * 60;
/// How far `iat` is put back, as GitHub's documentation recommends, against a clock that is ahead.
const BACKDATED: u64 = 60;

/// octocrab's `create_jwt` takes the App's number only; GitHub recommends the client id as issuer.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: u64,
    exp: u64,
}

/// Reads a private key in PEM form, PKCS#1 (`RSA PRIVATE KEY`, as GitHub hands it out) or PKCS#8 (`PRIVATE KEY`).
///
/// No error has a part of the key in it but the label of its first line.
pub(super) fn read_key(key: &Secret) -> Result<EncodingKey, Failure> {
    let pem = Secret::new(lines(key.expose()));
    let text = pem.expose();
    let Some(label) = label(text) else {
        return Err(invalid("it is no PEM file: there is no line `-----BEGIN RSA PRIVATE KEY-----`"));
    };
    if !matches!(label, "RSA PRIVATE KEY" | "PRIVATE KEY") {
        // A label of a real file is a few capital letters; anything else may be a part of something secret.
        let is_label = label.len() < 40 && label.chars().all(|one| one.is_ascii_uppercase() || one == ' ');
        let shown = if is_label { label } else { "something else" };
        return Err(invalid(format!("it is `{shown}`, not an RSA private key without a passphrase")));
    }
    if !text.contains(&format!("-----END {label}-----")) {
        return Err(invalid(format!("it is cut off: there is no line `-----END {label}-----`")));
    }
    EncodingKey::from_rsa_pem(text.as_bytes())
        .map_err(|_| invalid("what is between its first and last line is no RSA key"))
}

/// Signs a token for the App; `app_id` is its number or its client id.
pub(super) fn sign(app_id: &str, key: &EncodingKey) -> Result<Secret, Failure> {
    let iss = app_id.trim();
    let is_id =
        !iss.is_empty() && iss.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '.' | '_'));
    if !is_id {
        return Err(Failure::new(&INVALID_INPUT, format!("`app-id` is `{iss}`, which no GitHub App has"))
            .with_remedy(
                "Give the App's number (`123456`) or its client id (`Iv23…`), from its settings page.",
            ));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let claims = Claims { iss, iat: now.saturating_sub(BACKDATED), exp: now + LIFETIME };
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, key)
        .map(Secret::new)
        .map_err(|_| invalid("what is between its first and last line is no RSA key"))
}

fn invalid(why: impl std::fmt::Display) -> Failure {
    Failure::new(&APP_KEY_INVALID, format!("`app-private-key` cannot be used: {why}"))
}

/// The text with the line breaks that it had before it was pasted: in quotes, with `\n` for line breaks, or with
/// blanks for them.
fn lines(text: &str) -> String {
    let text = text.trim();
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)));
    let text = unquoted.unwrap_or(text).replace("\\r\\n", "\n").replace("\\n", "\n");
    let Some((begin, rest)) = text.split_once("KEY-----") else { return text };
    let Some((body, end)) = rest.split_once("-----END") else { return text };
    let body: Vec<&str> = body.split_whitespace().collect();
    format!("{begin}KEY-----\n{}\n-----END{end}\n", body.join("\n"))
}

/// What the first line says that it is.
fn label(pem: &str) -> Option<&str> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    rest.split_once("-----").map(|(label, _)| label)
}

#[cfg(test)]
mod tests;
