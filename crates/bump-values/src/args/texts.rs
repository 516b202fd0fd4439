//! Inputs that are lines of text: images, trailers, people.

use model::ParseError;
use toolkit::{Check, GitHubContext};

use crate::images::Wanted;

/// An image with something to set.
pub(super) fn image(text: &str) -> Result<Wanted, String> {
    if text.contains("://") {
        return Err("holds a URL (not shown, since it may hold a password): write `registry/repository:tag`"
            .to_owned());
    }
    let wanted: Wanted = text.parse().map_err(|error: ParseError| error.to_string())?;
    if wanted.image.tag.is_none() && wanted.image.digest.is_none() {
        return Err(format!("`{text}` has neither a tag nor a digest"));
    }
    Ok(wanted)
}

/// One image can become only one thing.
pub(super) fn refuse_twins(check: &mut Check<'_>, images: &[Wanted]) {
    for (index, image) in images.iter().enumerate() {
        if let Some(first) = images[..index].iter().find(|first| first.same_name(image)) {
            check.problem("images", &format!("`{first}` and `{image}` are the same image"));
        }
    }
}

/// A trailer as `git interpret-trailers` knows it; ours are ours.
pub(super) fn trailer(text: &str) -> Result<String, String> {
    let (key, value) = text.split_once(':').map_or((text, ""), |(key, value)| (key, value.trim()));
    let valid = !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !value.is_empty()
        && !value.contains(char::is_control);
    if !valid {
        return Err(format!(
            "`{text}` is not a trailer: write `Key: value`, the key of letters, digits and `-`"
        ));
    }
    let lower = key.to_ascii_lowercase();
    if lower.starts_with("bump-") {
        return Err(format!("`{key}` is a trailer that the action writes by itself"));
    }
    if lower.starts_with("argocd-reference-commit-") {
        return Err(format!("`{key}` is a trailer that `reference-commit: true` writes"));
    }
    Ok(format!("{key}: {value}"))
}

/// A person as Git writes them. `actor` is who started the run, with the address that GitHub gives to those who keep
/// theirs private, so that it leads to the profile
/// (<https://docs.github.com/en/account-and-profile/reference/email-addresses-reference#your-noreply-email-address>).
pub(super) fn co_author(
    text: &str,
    context: &GitHubContext,
    actor_id: Option<&str>,
) -> Result<String, String> {
    if text.eq_ignore_ascii_case("actor") {
        let Some(login) = &context.actor else {
            return Err("`actor` is who started the run, and `GITHUB_ACTOR` is not set".to_owned());
        };
        let id = actor_id.map(|id| format!("{id}+")).unwrap_or_default();
        let host = context.server_url.split_once("://").map_or(context.server_url.as_str(), |(_, host)| host);
        return Ok(format!("{login} <{id}{login}@users.noreply.{host}>"));
    }
    let person = text.strip_suffix('>').and_then(|rest| rest.split_once('<'));
    let person = person.map(|(name, address)| (name.trim(), address.trim()));
    let is_address = |address: &str| {
        address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
            && !address.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>'))
    };
    match person {
        Some((name, address))
            if !name.is_empty()
                && is_address(address)
                && !name.contains(|c: char| c.is_control() || matches!(c, '<' | '>')) =>
        {
            Ok(format!("{name} <{address}>"))
        }
        _ => Err(format!("`{text}` is nobody: write `Name <address>`, or `actor` for who started the run")),
    }
}

#[cfg(test)]
mod tests {
    use toolkit::Env;

    use super::*;

    #[test]
    fn a_co_author_is_a_name_and_an_address() {
        let context = GitHubContext::from_env(&Env::from_pairs([("GITHUB_ACTOR", "alice")]));
        let read = |text: &str| co_author(text, &context, Some("7"));
        assert_eq!(read("actor").unwrap(), "alice <7+alice@users.noreply.github.com>");
        assert_eq!(read(" Maria M. <m@x.io> ".trim()).unwrap(), "Maria M. <m@x.io>");
        for text in ["maria", "<m@x.io>", "Maria <m>", "Maria <m@x.io", "M <a@b> <c@d>", "M <a b@c>"] {
            assert!(read(text).is_err(), "{text}");
        }
        let nobody = GitHubContext::from_env(&Env::default());
        assert!(co_author("actor", &nobody, None).unwrap_err().contains("GITHUB_ACTOR"));
    }

    #[test]
    fn trailers_that_we_write_are_ours() {
        assert_eq!(trailer("Reviewed-by:  maria").unwrap(), "Reviewed-by: maria");
        for text in ["x", "a b: c", "Key:", "Bump-Run: 1", "Argocd-reference-commit-sha: 1", "K: a\u{7}b"] {
            assert!(trailer(text).is_err(), "{text}");
        }
    }
}
