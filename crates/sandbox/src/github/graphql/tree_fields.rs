//! `TreeEntry`, `Tree` and `Blob`.

use std::sync::Arc;

use serde_json::Value;

use super::objects::{Node, Resolution, Resolved, leaf, one};
use crate::github::{
    error::ApiError, git::TreeEntry, render::node_id, repository::Repository, rest::Context,
};

/// How much of a blob's text there is at most.
const MOST_TEXT: usize = 512 * 1024;

pub(super) fn of_entry(repository: &Arc<Repository>, entry: &TreeEntry, name: &str) -> Resolution {
    let file_name = entry.path.rsplit('/').next().unwrap_or_default();
    match name {
        "name" => leaf(file_name),
        "path" => leaf(entry.path.as_str()),
        // An Int of the schema: the octal digits as a number.
        "mode" => leaf(u64::from_str_radix(&entry.mode, 8).unwrap_or_default()),
        "type" => leaf(entry.kind.as_str()),
        "oid" => leaf(entry.oid.as_str()),
        "size" => leaf(entry.size.unwrap_or_default()),
        _ => one(Some(Node::Object(repository.clone(), entry.clone()))),
    }
}

pub(super) async fn of_object(
    context: &Context,
    repository: &Arc<Repository>,
    entry: &TreeEntry,
    name: &str,
) -> Resolution {
    match name {
        "oid" => return leaf(entry.oid.as_str()),
        "abbreviatedOid" => return leaf(&entry.oid[..7]),
        "commitUrl" => {
            let web = format!("{}/{}", context.world.urls.github, repository.slug());
            return leaf(format!("{web}/commit/{}", entry.oid));
        }
        "byteSize" => return leaf(entry.size.unwrap_or_default()),
        "entries" => {
            let prefix = if entry.path.is_empty() { String::new() } else { format!("{}/", entry.path) };
            let mut entries = repository.git.tree(&entry.oid, false).await?;
            for one in &mut entries {
                one.path = format!("{prefix}{}", one.path);
            }
            let nodes = entries.into_iter().map(|one| Node::Entry(repository.clone(), one));
            return Ok(Resolved::Many(nodes.collect()));
        }
        "isBinary" | "isTruncated" | "text" => {}
        _ => return leaf(node_id("GitObject", &format!("{}:{}", repository.id, entry.oid))),
    }
    let bytes = repository.git.blob(&entry.oid).await?.ok_or_else(ApiError::not_found)?;
    let binary = bytes.contains(&0);
    match name {
        "isBinary" => leaf(binary),
        "isTruncated" => leaf(bytes.len() > MOST_TEXT),
        _ if binary => leaf(Value::Null),
        // GitHub decodes; what is no UTF-8 does not come through unharmed.
        _ => leaf(String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_TEXT)]).into_owned()),
    }
}
