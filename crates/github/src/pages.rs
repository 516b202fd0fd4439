//! Lists that come in pages (<https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>).

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ApiError, GitHub};

const PER_PAGE: usize = 100;
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
        let batch: Vec<Value> = reply.decode()?;
        let is_last = batch.len() < PER_PAGE;
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
