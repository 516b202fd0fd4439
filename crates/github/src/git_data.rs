//! A commit through Git's database, which keeps file modes and symlinks and moves no branch
//! (<https://docs.github.com/en/rest/git/trees>, <https://docs.github.com/en/rest/git/commits>).
//!
//! Objects are named by their content and nothing points to them yet, so that each call can be sent twice without harm.
//! GitHub signs the commit if the token is an App's and neither author nor committer is given; therefore none is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use model::{CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::{Value, json};

pub use crate::commit_on_branch::Committed;
use crate::{ApiError, Call, GitHub, de, path, snapshot::blob_id};

/// A commit to make.
#[derive(Debug, Clone)]
pub struct NewCommit<'a> {
    /// The repository.
    pub repository: &'a RepoSlug,
    /// Its only parent.
    pub parent: &'a CommitSha,
    /// The parent's tree, which the files are laid over.
    pub tree: &'a str,
    /// The whole message: headline, blank line, body.
    pub message: &'a str,
    /// The files that are new or changed.
    pub files: &'a [NewFile<'a>],
}

/// A file of a commit.
#[derive(Debug, Clone)]
pub struct NewFile<'a> {
    /// Its path from the root of the repository.
    pub path: &'a str,
    /// Git's mode: `0o100644`, `0o100755`, or `0o120000` for a symlink, whose bytes are its target.
    pub mode: u32,
    /// Its whole content.
    pub bytes: &'a [u8],
}

#[derive(Deserialize)]
struct Object {
    sha: String,
}

/// A new tree, and what is directly in it.
#[derive(Deserialize)]
struct Tree {
    sha: String,
    #[serde(default)]
    tree: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    path: String,
    #[serde(default)]
    sha: String,
}

#[derive(Deserialize)]
struct Made {
    #[serde(deserialize_with = "de::parsed")]
    sha: CommitSha,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    verification: Option<Verification>,
}

#[derive(Deserialize)]
struct Verification {
    verified: bool,
}

/// Makes the commit; no branch has it yet. Needs `contents: write`.
pub async fn create(github: &GitHub, commit: &NewCommit<'_>) -> Result<Committed, ApiError> {
    let mut entries = Vec::with_capacity(commit.files.len());
    for file in commit.files {
        let mut entry = json!({ "path": file.path, "mode": format!("{:06o}", file.mode), "type": "blob" });
        match inline(file.bytes) {
            Some(text) => entry["content"] = json!(text),
            None => entry["sha"] = json!(blob(github, commit.repository, file.bytes).await?),
        }
        entries.push(entry);
    }
    let tree = json!({ "base_tree": commit.tree, "tree": entries });
    let tree: Tree = post(github, commit.repository, "/git/trees", &tree).await?;
    if let Some(path) = altered(&tree.tree, commit.files) {
        let cause = format!("{path} in tree {} is not of the bytes that were sent", tree.sha);
        return Err(malformed(commit.repository, "/git/trees", cause));
    }
    let body = json!({ "message": commit.message, "tree": tree.sha, "parents": [commit.parent.as_str()] });
    let made: Made = post(github, commit.repository, "/git/commits", &body).await?;
    let verified = made.verification.map(|verification| verification.verified);
    Ok(Committed { oid: made.sha, url: made.html_url, verified })
}

/// The content as text, where nothing can happen to it on the way: a byte order mark and NUL can be lost.
fn inline(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.starts_with('\u{feff}') && !text.contains('\0')).then_some(text)
}

/// Returns a file whose blob in the new tree is another one. The reply lists the root of the tree only, so that files in
/// directories are not checked.
fn altered<'a>(entries: &[Entry], files: &[NewFile<'a>]) -> Option<&'a str> {
    let is_altered = |file: &&NewFile<'_>| {
        entries.iter().any(|entry| entry.path == file.path && entry.sha != blob_id(file.bytes))
    };
    files.iter().find(is_altered).map(|file| file.path)
}

/// Stores a blob (<https://docs.github.com/en/rest/git/blobs#create-a-blob>) and checks that it is these bytes.
async fn blob(github: &GitHub, repository: &RepoSlug, bytes: &[u8]) -> Result<String, ApiError> {
    let body = json!({ "content": STANDARD.encode(bytes), "encoding": "base64" });
    let stored: Object = post(github, repository, "/git/blobs", &body).await?;
    if stored.sha == blob_id(bytes) {
        return Ok(stored.sha);
    }
    let cause = format!("blob {} is not of the bytes that were sent", stored.sha);
    Err(malformed(repository, "/git/blobs", cause))
}

/// A reply that cannot be true.
fn malformed(repository: &RepoSlug, rest: &str, cause: String) -> ApiError {
    ApiError::Malformed { call: Call { method: Method::POST, path: path::repo(repository, rest) }, cause }
}

async fn post<T: serde::de::DeserializeOwned>(
    github: &GitHub,
    repository: &RepoSlug,
    rest: &str,
    body: &Value,
) -> Result<T, ApiError> {
    github.send_harmless(Method::POST, &path::repo(repository, rest), body).await?.decode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_the_root_must_be_the_one_that_was_sent() {
        let entry = |sha: &str| Entry { path: "a.yaml".to_owned(), sha: sha.to_owned() };
        let files = [
            NewFile { path: "b/a.yaml", mode: 0o100_644, bytes: b"b: 1\n" },
            NewFile { path: "a.yaml", mode: 0o100_644, bytes: b"a: 1\n" },
        ];
        assert_eq!(altered(&[entry(&blob_id(b"a: 1\n"))], &files), None);
        assert_eq!(altered(&[entry(&blob_id(b"a: 1\r\n"))], &files), Some("a.yaml"));
        assert_eq!(altered(&[], &files), None);
    }

    #[test]
    fn only_plain_text_travels_in_the_tree() {
        assert_eq!(inline(b"a: 1\r\n"), Some("a: 1\r\n"));
        assert_eq!(inline("tägs: 1\n".as_bytes()), Some("tägs: 1\n"));
        assert_eq!(inline("\u{feff}a: 1\n".as_bytes()), None);
        assert_eq!(inline(b"a\0b"), None);
        assert_eq!(inline(b"\xff\xfe"), None);
    }
}
