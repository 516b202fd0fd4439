//! Files of a commit, of which only the wanted ones are fetched.

use std::collections::{BTreeSet, HashMap};

use model::CommitSha;

use crate::{
    Mirror, RemoteError,
    classify::wants_less,
    mirror::Shape,
    settings::REMOTE,
    tree::{self, Entry, Kind},
};

impl Mirror {
    /// Reads files of `commit`, which a fetch has brought or [`Mirror::commit`] has made: mode (`0o100644`) and bytes, in
    /// the order of `paths`; none where there is no file of that name, such as a directory or a submodule. A symbolic
    /// link's bytes are its target. The contents that are not here yet are fetched at once.
    pub async fn read<P: AsRef<str>>(
        &mut self,
        commit: &CommitSha,
        paths: &[P],
    ) -> Result<Vec<Option<(u32, Vec<u8>)>>, RemoteError> {
        let paths: Vec<&str> = paths.iter().map(AsRef::as_ref).collect();
        let mut entries = self.entries(commit, &paths).await?;
        entries.retain(|entry| entry.kind == Kind::Blob && paths.contains(&entry.path.as_str()));
        let missing: BTreeSet<&str> = entries
            .iter()
            .map(|entry| entry.oid.as_str())
            .filter(|oid| self.shape == Shape::Partial && !self.contents.contains(*oid))
            .collect();
        if !missing.is_empty() {
            self.fetch_contents(commit, &missing).await?;
        }
        let wanted: BTreeSet<&str> = entries.iter().map(|entry| entry.oid.as_str()).collect();
        let contents = self.stored(&wanted).await?;
        let found = |path: &str| {
            let entry = entries.iter().find(|entry| entry.path == path)?;
            contents.get(&entry.oid).map(|bytes| (entry.mode, bytes.clone()))
        };
        Ok(paths.into_iter().map(found).collect())
    }

    /// Lists what `commit` has at `paths`, and beside them where a path leads through a directory that is named too.
    pub(crate) async fn entries(
        &self,
        commit: &CommitSha,
        paths: &[&str],
    ) -> Result<Vec<Entry>, RemoteError> {
        if let Some((path, reason)) =
            paths.iter().find_map(|path| tree::problem(path).map(|reason| (path, reason)))
        {
            return Err(RemoteError::BadFile { path: (*path).to_owned(), reason: reason.to_owned() });
        }
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut arguments = vec!["ls-tree", "-z", commit.as_str(), "--"];
        arguments.extend(paths);
        let answer = self.success(self.local(&arguments, &[]).await?)?;
        tree::parse(&answer.stdout).ok_or_else(|| self.unexpected(&answer))
    }

    /// Fetches contents by their ids: one request for all.
    async fn fetch_contents(&mut self, commit: &CommitSha, oids: &BTreeSet<&str>) -> Result<(), RemoteError> {
        let lines: String = oids.iter().flat_map(|oid| [*oid, "\n"]).collect();
        // As git itself does it for a partial clone, but for all at once (`fetch_objects` in git's promisor-remote.c).
        let answer = self
            .patient(
                &[
                    "-c",
                    "fetch.negotiationAlgorithm=noop",
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    "--no-write-fetch-head",
                    "--no-recurse-submodules",
                    "--filter=blob:none",
                    "--stdin",
                    REMOTE,
                ],
                lines.as_bytes(),
            )
            .await?;
        if answer.code == Some(0) {
            self.contents.extend(oids.iter().map(|oid| (*oid).to_owned()));
            return Ok(());
        }
        // A server may filter, and yet not hand out what a filter left out.
        match (self.failure(&answer), self.branch.clone()) {
            (RemoteError::Failed { .. }, Some(branch)) if wants_less(&answer.stderr) => {
                self.enlarge(Shape::Shallow).await?;
                self.fetch(&branch).await?;
                // The branch may have moved on by more than the fetch brings.
                self.success(self.local(&["cat-file", "-e", commit.as_str()], &[]).await?)?;
                Ok(())
            }
            (error, _) => Err(error),
        }
    }

    /// Reads contents that are here.
    async fn stored(&self, oids: &BTreeSet<&str>) -> Result<HashMap<String, Vec<u8>>, RemoteError> {
        if oids.is_empty() {
            return Ok(HashMap::new());
        }
        let lines: String = oids.iter().flat_map(|oid| [*oid, "\n"]).collect();
        let answer = self.success(self.remote(&["cat-file", "--batch"], lines.as_bytes()).await?)?;
        batch(&answer.stdout).ok_or_else(|| self.unexpected(&answer))
    }
}

/// Reads `<object> SP <type> SP <size> LF <contents> LF`…
/// (<https://git-scm.com/docs/git-cat-file#_batch_output>); none if it is something else, such as a missing object.
fn batch(mut output: &[u8]) -> Option<HashMap<String, Vec<u8>>> {
    let mut contents = HashMap::new();
    while !output.is_empty() {
        let end = output.iter().position(|&byte| byte == b'\n')?;
        let mut words = std::str::from_utf8(&output[..end]).ok()?.split(' ');
        let (oid, kind, size) = (words.next()?, words.next()?, words.next()?.parse::<usize>().ok()?);
        let rest = &output[end + 1..];
        if kind != "blob" || rest.get(size) != Some(&b'\n') {
            return None;
        }
        contents.insert(oid.to_owned(), rest[..size].to_vec());
        output = &rest[size + 1..];
    }
    Some(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_contents() {
        let contents = batch(b"1 blob 4\na\n\0b\n2 blob 0\n\n").unwrap();
        assert_eq!(contents["1"], b"a\n\0b");
        assert_eq!(contents["2"], b"");
        for bad in [&b"1 missing\n"[..], b"1 blob 9\nabc\n", b"1 tree 1\na\n", b"1 blob 1\nab"] {
            assert!(batch(bad).is_none());
        }
    }
}
