//! Takes secrets out of what git wrote.

use model::Secret;

/// Returns `text` without `secret` and without `user:password@` in the URLs in it: the user's own configuration may
/// rewrite a URL into one with a password.
pub(crate) fn redact(text: &str, secret: Option<&Secret>) -> String {
    let text = match secret {
        Some(secret) if !secret.is_empty() => text.replace(secret.expose(), "***"),
        _ => text.to_owned(),
    };
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c.is_whitespace() || c == '\'' || c == '"')
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        shown.push_str(&without_password(authority));
        rest = tail;
    }
    shown.push_str(rest);
    shown
}

/// Replaces the password in `user:password@host`.
fn without_password(authority: &str) -> String {
    match authority.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_gone() {
        let secret = Secret::new("hunter2");
        for (text, shown) in [
            (
                "unable to access 'https://x:hunter2@h/r.git/': 403",
                "unable to access 'https://x:***@h/r.git/': 403",
            ),
            ("https://a:b@c https://d@e/f:g@h", "https://a:***@c https://d@e/f:g@h"),
            ("remote: token hunter2 is expired", "remote: token *** is expired"),
            ("git@h:o/r.git: nothing here", "git@h:o/r.git: nothing here"),
            ("ends with https://", "ends with https://"),
        ] {
            assert_eq!(redact(text, Some(&secret)), shown);
        }
        assert_eq!(redact("as it is", None), "as it is");
        assert_eq!(redact("as it is", Some(&Secret::new(""))), "as it is");
    }
}
