//! Which files differ between two commits.

use super::{Git, GitError, check};

/// One file of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedFile {
    /// `added`, `removed`, `modified`, `renamed`, `copied`, `changed`.
    pub(crate) status: &'static str,
    pub(crate) path: String,
    pub(crate) previous: Option<String>,
    /// The blob on the new side, or on the old side of a removed file.
    pub(crate) oid: String,
    pub(crate) additions: u64,
    pub(crate) deletions: u64,
}

impl Git {
    /// Compares two trees with rename detection, as GitHub does.
    pub(crate) async fn changed_files(&self, from: &str, to: &str) -> Result<Vec<ChangedFile>, GitError> {
        let (from, to) = (self.tree_of(from), self.tree_of(to));
        let arguments = ["diff-tree", "-r", "-z", "-M", "--raw", "--numstat", "--no-abbrev", &from, &to];
        Ok(parse(&String::from_utf8_lossy(&check(&arguments, self.once(&arguments, &arguments).await?)?)))
    }

    /// Returns the paths below `prefix` that differ.
    pub(crate) async fn changed_below(
        &self,
        from: &str,
        to: &str,
        prefix: &str,
    ) -> Result<Vec<String>, GitError> {
        let (from, to) = (self.tree_of(from), self.tree_of(to));
        let arguments = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", &from, &to, "--", prefix];
        let text = check(&arguments, self.once(&arguments, &arguments).await?)?;
        Ok(String::from_utf8_lossy(&text)
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

/// First come the raw lines (`:mode mode oid oid STATUS NUL path [NUL path]`), then the counts
/// (`added TAB deleted TAB path`, or with an empty path and two paths after it for a rename).
fn parse(text: &str) -> Vec<ChangedFile> {
    let mut files = Vec::new();
    let mut fields = text.split('\0').filter(|field| !field.is_empty()).peekable();
    while let Some(raw) = fields.next_if(|field| field.starts_with(':')) {
        let parts: Vec<&str> = raw.split(' ').collect();
        let letter = parts.get(4).and_then(|status| status.chars().next()).unwrap_or('M');
        let first = fields.next().unwrap_or_default().to_owned();
        let moved = matches!(letter, 'R' | 'C');
        let (path, previous) =
            if moved { (fields.next().unwrap_or_default().to_owned(), Some(first)) } else { (first, None) };
        let status = match letter {
            'A' => "added",
            'D' => "removed",
            'R' => "renamed",
            'C' => "copied",
            'T' => "changed",
            _ => "modified",
        };
        let oid = parts.get(if letter == 'D' { 2 } else { 3 }).copied().unwrap_or_default().to_owned();
        files.push(ChangedFile { status, path, previous, oid, additions: 0, deletions: 0 });
    }
    for file in &mut files {
        let Some(counts) = fields.next() else { break };
        let mut parts = counts.splitn(3, '\t');
        let mut count = || parts.next().and_then(|count| count.parse().ok()).unwrap_or(0);
        (file.additions, file.deletions) = (count(), count());
        if file.previous.is_some() {
            fields.nth(1);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn raw_lines_and_counts_belong_together() {
        let text = ":100644 100644 aa bb M\0a.txt\0:100644 100644 cc cc R100\0old\0new\0:100644 000000 dd 00 D\0gone\0\
            1\t2\ta.txt\x000\t0\t\0old\0new\x000\t3\tgone\0";
        let files = parse(text);
        assert_eq!(files.len(), 3);
        assert_eq!((files[0].status, files[0].additions, files[0].deletions), ("modified", 1, 2));
        assert_eq!(
            (files[1].status, files[1].path.as_str(), files[1].previous.as_deref()),
            ("renamed", "new", Some("old"))
        );
        assert_eq!((files[2].status, files[2].deletions, files[2].oid.as_str()), ("removed", 3, "dd"));
    }
}
