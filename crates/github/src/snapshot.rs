//! Several files of a branch at one commit, with the branch's latest commits, in one GraphQL query
//! (<https://docs.github.com/en/graphql/reference/objects#commit>, `file` and `history`). The commits are not
//! narrowed down to a file: GitHub would walk the whole history of a large repository for that.
//!
//! A blob's `text` is decoded by GitHub: a byte order mark, another encoding or a cut may be lost on the way.
//! Therefore the bytes are hashed as Git does, and read again in raw form if the hash is not the blob's.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{Branch, CommitSha, Failure, RepoSlug, codes};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha1::{Digest as _, Sha1};

use crate::{ApiError, GitHub, GraphqlError, path};

/// The mode of an ordinary file, `100644`, as GraphQL's `TreeEntry.mode` has it: a decimal number.
pub const MODE_FILE: u32 = 0o100_644;

/// A branch at one commit.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The node id of the repository, which mutations take.
    pub repository_id: String,
    /// The branch's head.
    pub head: CommitSha,
    /// The id of the head's tree.
    pub tree: String,
    /// The latest commits, newest first.
    pub history: Vec<CommitNote>,
    /// The files that were asked for, in that order; none where the commit has no such file.
    pub files: Vec<Option<FileAt>>,
}

/// A file at a snapshot's commit.
#[derive(Debug, Clone)]
pub struct FileAt {
    /// Git's mode, such as `0o100644`.
    pub mode: u32,
    /// The bytes, whose hash is the blob's id; of a symlink, its target.
    pub bytes: Vec<u8>,
}

/// A commit and what it says.
#[derive(Debug, Clone, Deserialize)]
pub struct CommitNote {
    /// Its id.
    pub oid: String,
    /// Its whole message.
    pub message: String,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The repository has no such branch.
    #[error("{repository} has no branch `{branch}`")]
    NoBranch {
        /// The repository.
        repository: RepoSlug,
        /// The branch.
        branch: Branch,
    },
    /// The query failed.
    #[error(transparent)]
    Graphql(#[from] GraphqlError),
    /// A blob could not be read in raw form.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The reply is not as the schema has it.
    #[error("the snapshot query's reply is not as documented: {0}")]
    Malformed(String),
    /// Not even the raw bytes have the blob's hash.
    #[error("the bytes of `{path}` do not have the hash of blob {oid}")]
    Corrupt {
        /// The file.
        path: String,
        /// The blob.
        oid: String,
    },
}

impl SnapshotError {
    /// Gives the error a code and a remedy. `doing` completes "cannot …".
    pub fn into_failure(self, doing: &str) -> Failure {
        match self {
            Self::Graphql(error) => error.into_failure(doing),
            Self::Api(error) => error.into_failure(doing),
            Self::NoBranch { .. } | Self::Malformed(_) | Self::Corrupt { .. } => {
                Failure::new(&codes::UNEXPECTED_REPLY, format!("cannot {doing}: {self}"))
            }
        }
    }
}

#[derive(Deserialize)]
struct Entry {
    mode: u32,
    oid: String,
    #[serde(rename = "type")]
    kind: String,
    object: Option<Blob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    #[serde(default)]
    is_truncated: bool,
    text: Option<String>,
}

#[derive(Deserialize)]
struct History {
    nodes: Vec<CommitNote>,
}

/// Reads `paths` at the head of `branch`, and its `depth` (at most 100) latest commits.
/// Needs `contents: read`.
pub async fn read(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
    paths: &[String],
    depth: u32,
) -> Result<Snapshot, SnapshotError> {
    let mut variables = variables(repository, paths);
    variables.insert("ref".to_owned(), json!(branch.full_ref()));
    variables.insert("depth".to_owned(), json!(depth));
    let mut data = github.read_graphql(&query(paths.len()), Value::Object(variables)).await?;
    let repository_id: String = decode(data["repository"]["id"].take())?;
    let mut commit = data["repository"]["ref"]["target"].take();
    if commit.is_null() {
        return Err(SnapshotError::NoBranch { repository: repository.clone(), branch: branch.clone() });
    }
    let head = decode::<String>(commit["oid"].take())?
        .parse()
        .map_err(|error: model::ParseError| SnapshotError::Malformed(error.to_string()))?;
    let tree: String = decode(commit["tree"]["oid"].take())?;
    let history: History = decode(commit["history"].take())?;
    let files = files(github, repository, paths, commit).await?;
    Ok(Snapshot { repository_id, head, tree, history: history.nodes, files })
}

/// Reads `paths` at a commit, in their order; none where it has no such file. Needs `contents: read`.
pub async fn read_at(
    github: &GitHub,
    repository: &RepoSlug,
    commit: &CommitSha,
    paths: &[String],
) -> Result<Vec<Option<FileAt>>, SnapshotError> {
    let mut variables = variables(repository, paths);
    variables.insert("oid".to_owned(), json!(commit.as_str()));
    let (parameters, fields) = of_files(paths.len());
    let query = format!(
        "query Files($owner: String!, $name: String!, $oid: GitObjectID!{parameters}) {{ \
         repository(owner: $owner, name: $name) {{ object(oid: $oid) {{ ... on Commit {{ oid{fields} }} }} }} }}"
    );
    let mut data = github.read_graphql(&query, Value::Object(variables)).await?;
    let object = data["repository"]["object"].take();
    if object.is_null() {
        return Err(SnapshotError::Malformed(format!("{repository} has no commit {commit}")));
    }
    files(github, repository, paths, object).await
}

fn variables(repository: &RepoSlug, paths: &[String]) -> Map<String, Value> {
    let mut variables = Map::new();
    variables.insert("owner".to_owned(), json!(repository.owner()));
    variables.insert("name".to_owned(), json!(repository.name()));
    for (index, path) in paths.iter().enumerate() {
        variables.insert(format!("p{index}"), json!(path));
    }
    variables
}

/// The files of a reply's commit.
async fn files(
    github: &GitHub,
    repository: &RepoSlug,
    paths: &[String],
    mut commit: Value,
) -> Result<Vec<Option<FileAt>>, SnapshotError> {
    let mut files = Vec::with_capacity(paths.len());
    for (index, path) in paths.iter().enumerate() {
        let entry: Option<Entry> = decode(commit[format!("f{index}")].take())?;
        let file = match entry.filter(|entry| entry.kind == "blob") {
            None => None,
            Some(entry) => {
                let mode = entry.mode;
                let bytes = bytes(github, repository, path, entry).await?;
                Some(FileAt { mode, bytes })
            }
        };
        files.push(file);
    }
    Ok(files)
}

fn query(files: usize) -> String {
    let (parameters, fields) = of_files(files);
    format!(
        "query Snapshot($owner: String!, $name: String!, $ref: String!, $depth: Int!{parameters}) {{ \
         repository(owner: $owner, name: $name) {{ id ref(qualifiedName: $ref) {{ target {{ \
         ... on Commit {{ oid tree {{ oid }} history(first: $depth) {{ nodes {{ oid message }} }}{fields} }} }} }} }} }}"
    )
}

/// Parameters and fields. Paths are variables, never a part of the query's text.
fn of_files(files: usize) -> (String, String) {
    let (mut parameters, mut fields) = (String::new(), String::new());
    for index in 0..files {
        // Writing to a String cannot fail.
        let _ = write!(parameters, ", $p{index}: String!");
        let _ = write!(
            fields,
            " f{index}: file(path: $p{index}) {{ mode oid type object {{ ... on Blob {{ isTruncated text }} }} }}"
        );
    }
    (parameters, fields)
}

async fn bytes(
    github: &GitHub,
    repository: &RepoSlug,
    file: &str,
    entry: Entry,
) -> Result<Vec<u8>, SnapshotError> {
    let text = entry.object.filter(|blob| !blob.is_truncated).and_then(|blob| blob.text);
    if let Some(bytes) = text.map(String::into_bytes).filter(|bytes| blob_id(bytes) == entry.oid) {
        return Ok(bytes);
    }
    // https://docs.github.com/en/rest/git/blobs#get-a-blob
    let route = path::repo(repository, &format!("/git/blobs/{}", path::part(&entry.oid)));
    let mut reply = github.read(&route).await?.body;
    let content: String = decode(reply["content"].take())?;
    let packed: String = content.split_whitespace().collect();
    let bytes = STANDARD.decode(packed).map_err(|error| SnapshotError::Malformed(error.to_string()))?;
    if blob_id(&bytes) == entry.oid {
        Ok(bytes)
    } else {
        Err(SnapshotError::Corrupt { path: file.to_owned(), oid: entry.oid })
    }
}

/// The id that Git gives these bytes.
pub(crate) fn blob_id(bytes: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, SnapshotError> {
    serde_json::from_value(value).map_err(|error| SnapshotError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_git_does() {
        assert_eq!(blob_id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn the_query_takes_paths_as_variables() {
        insta::assert_snapshot!(query(1), @"query Snapshot($owner: String!, $name: String!, $ref: String!, $depth: Int!, $p0: String!) { repository(owner: $owner, name: $name) { id ref(qualifiedName: $ref) { target { ... on Commit { oid tree { oid } history(first: $depth) { nodes { oid message } } f0: file(path: $p0) { mode oid type object { ... on Blob { isTruncated text } } } } } } } }");
    }
}
