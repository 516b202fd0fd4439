//! Lists that come in pages (<https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>).

use http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ApiError, GitHub};

/// The most that GitHub sends at once.
pub(crate) const PER_PAGE: usize = 100;
/// 3000 entries, which is also where GitHub itself ends its longest lists.
const MAX_PAGES: usize = 30;

/// Reads a whole list; one that does not end within [`MAX_PAGES`] is an error, since half of a list proves nothing.
pub(crate) async fn all<T: DeserializeOwned>(github: &GitHub, path: &str) -> Result<Vec<T>, ApiError> {
    read(github, path, None).await
}

/// The same for a list that is the field `name` of an object.
pub(crate) async fn all_of<T: DeserializeOwned>(
    github: &GitHub,
    path: &str,
    name: &str,
) -> Result<Vec<T>, ApiError> {
    read(github, path, Some(name)).await
}

async fn read<T: DeserializeOwned>(
    github: &GitHub,
    path: &str,
    field: Option<&str>,
) -> Result<Vec<T>, ApiError> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut entries = Vec::new();
    for page in 1..=MAX_PAGES {
        let mut reply = github.read(&format!("{path}{separator}per_page={PER_PAGE}&page={page}")).await?;
        let call = reply.call.clone();
        if let Some(name) = field {
            reply.body = reply.body[name].take();
        }
        let headers = std::mem::take(&mut reply.headers);
        let batch: Vec<Value> = reply.decode()?;
        let is_last = is_last(&headers, batch.len());
        for entry in batch {
            let entry = serde_json::from_value(entry).map_err(|error| ApiError::Malformed {
                call: call.clone(),
                cause: format!("an entry of the list is not as documented: {error}"),
            })?;
            entries.push(entry);
        }
        if is_last {
            return Ok(entries);
        }
        if page == MAX_PAGES {
            let cause = format!("the list has more than {} entries", entries.len());
            return Err(ApiError::Malformed { call, cause });
        }
    }
    Ok(entries)
}

/// Whether no page comes after one of `count` entries. `Link` says so, since GitHub may send fewer than it was asked
/// for; the count does where there is no `Link` at all. Only its word is taken: the token goes to no address in it.
pub(crate) fn is_last(headers: &HeaderMap, count: usize) -> bool {
    let links: Vec<&str> =
        headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok()).collect();
    if links.is_empty() { count < PER_PAGE } else { !links.into_iter().any(names_next) }
}

/// `<https://api.github.com/…?page=2>; rel="next", <…>; rel="last"`
fn names_next(links: &str) -> bool {
    let is_next = |parameter: &str| {
        let relation = parameter.trim_matches([' ', ',']).strip_prefix("rel=");
        relation.is_some_and(|name| name.trim_matches('"').split(' ').any(|word| word == "next"))
    };
    let parameters = links.split('<').filter_map(|link| link.split_once('>'));
    parameters.flat_map(|(_, parameters)| parameters.split(';')).any(is_next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_tells_and_the_count_only_without_one() {
        let headers = |link: &str| HeaderMap::from_iter([(header::LINK, link.parse().unwrap())]);
        let next = r#"<https://a/x?page=1&q=a,b>; rel="prev", <https://a/x?page=3>; rel="next", <https://a/x?page=9>; rel="last""#;
        let end = r#"<https://a/x?page=1&rel=next>; rel="prev", <https://a/x?page=1>; rel="first""#;
        assert!(!is_last(&headers(next), 0) && !is_last(&headers(next), PER_PAGE));
        assert!(is_last(&headers(end), 0) && is_last(&headers(end), PER_PAGE));
        assert!(is_last(&HeaderMap::new(), PER_PAGE - 1) && !is_last(&HeaderMap::new(), PER_PAGE));
    }
}
