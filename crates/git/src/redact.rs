//! Takes secrets out of what git wrote.

use model::Secret;

/// Starts of tokens that people put where the user's name belongs: GitHub's, GitLab's and Atlassian's.
const TOKENS: [&str; 9] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "ATBB", "ATCTT"];
/// No user's name that goes with a token is as long, and every token is longer.
const SHORTEST_TOKEN: usize = 20;

/// Whether what stands in the place of a user's name is a token.
pub(crate) fn is_token(user: &str) -> bool {
    user.len() >= SHORTEST_TOKEN || has_token_prefix(user)
}

/// Whether it begins as only tokens do.
pub(crate) fn has_token_prefix(user: &str) -> bool {
    TOKENS.iter().any(|start| user.starts_with(start))
}

/// Returns `text` without `secret`, and without `user:password@` and `token@` in the URLs in it: the user's own
/// configuration may rewrite a URL into one with a password.
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

/// Replaces the password in `user:password@host`, and a token in the place of the user.
fn without_password(authority: &str) -> String {
    match authority.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) if is_token(user) => format!("***:***@{host}"),
            Some((user, _)) => format!("{user}:***@{host}"),
            None if is_token(login) => format!("***@{host}"),
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
            ("https://ghp_a@h/r", "https://***@h/r"),
            ("https://ghs_a@h", "https://***@h"),
            ("https://github_pat_a@h", "https://***@h"),
            ("https://glpat-a@h", "https://***@h"),
            ("https://0123456789abcdef0123@h/r", "https://***@h/r"),
            ("https://ghp_a:x-oauth-basic@h/r", "https://***:***@h/r"),
            ("https://x-access-token@h/r", "https://x-access-token@h/r"),
        ] {
            assert_eq!(redact(text, Some(&secret)), shown);
        }
        assert_eq!(redact("as it is", None), "as it is");
        assert_eq!(redact("as it is", Some(&Secret::new(""))), "as it is");
    }
}
