//! The last commits of a branch.

use model::CommitSha;

/// Where a branch is, and how it came there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The branch's commit.
    pub commit: CommitSha,
    /// The last commits with their messages, the branch's own first; as many as the mirror's depth at most.
    pub history: Vec<(CommitSha, String)>,
}

/// What [`parse`] reads: the id, a line break, the message as it was written.
pub(crate) const FORMAT: &str = "--format=tformat:%H%n%B";

/// Reads what `git log -z` writes with [`FORMAT`]; none if it is something else.
pub(crate) fn parse(output: &[u8]) -> Option<Tip> {
    let mut history = Vec::new();
    for record in output.split(|&byte| byte == 0).filter(|record| !record.is_empty()) {
        let text = String::from_utf8_lossy(record);
        let (commit, message) = text.split_once('\n')?;
        history.push((commit.parse().ok()?, message.trim_end_matches('\n').to_owned()));
    }
    let (commit, _): &(CommitSha, String) = history.first()?;
    Some(Tip { commit: commit.clone(), history })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commits() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let tip = parse(format!("{one}\nsubject\n\nbody\n\n\0{two}\n\0").as_bytes()).unwrap();
        assert_eq!(tip.commit.as_str(), one);
        assert_eq!(tip.history[0].1, "subject\n\nbody");
        assert_eq!((tip.history[1].0.as_str(), tip.history[1].1.as_str()), (two.as_str(), ""));
        assert!(parse(b"").is_none() && parse(b"main\nx\0").is_none());
    }
}
