//! The last look before the merge, and the first one after it. GitHub's merge holds on to the head alone: a base or a
//! label that is changed between the gate's reads and the merge would go through without them.

use github::{GitHub, pulls, pulls::PullRequest};
use model::Failure;

use crate::{
    codes,
    pace::pause,
    request::{Method, Request},
    rule::Rule,
};

/// So often is looked whether GitHub shows a fast-forward as a merge: less than ten seconds.
const MAX_LOOKS: u32 = 6;

/// Reads the pull request once more, and returns what was changed since the gate was checked, if anything.
pub(crate) async fn before(
    github: &GitHub,
    request: &Request,
    checked: &PullRequest,
) -> Result<Option<Rule>, Failure> {
    let doing = format!("read pull request #{} once more", request.number);
    let now = pulls::get(github, &request.repository, request.number)
        .await
        .map_err(|error| error.into_failure(&doing))?;
    Ok(changed(checked, &now).map(|what| {
        let cause = format!("{what} was changed while the gate was checked");
        Rule::new(&codes::MERGE_CONTENDED, cause)
    }))
}

/// Returns what is another than before. A label that was put again by somebody else shows in the time of the last
/// change only.
fn changed(before: &PullRequest, now: &PullRequest) -> Option<&'static str> {
    let labels = |pull: &PullRequest| {
        let mut names: Vec<String> = pull.labels.iter().map(|label| label.name.to_lowercase()).collect();
        names.sort();
        names
    };
    let head = |pull: &PullRequest| (pull.head.sha.clone(), pull.head.branch.clone());
    if (&before.state, before.merged, before.draft) != (&now.state, now.merged, now.draft) {
        Some("its state")
    } else if head(before) != head(now) {
        Some("its head")
    } else if before.base.branch != now.base.branch {
        Some("its base")
    } else if labels(before) != labels(now) {
        Some("a label")
    } else if before.updated_at != now.updated_at {
        Some("something of it")
    } else {
        None
    }
}

/// What a pull request looks like after its merge.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The account that merged it, if GitHub says so.
    pub merged_by: Option<String>,
    /// Whether GitHub shows it as merged.
    pub is_merged: bool,
    /// It as it is now, if its base was changed in the moment of the merge, which went there.
    pub elsewhere: Option<Box<PullRequest>>,
}

/// Looks at the pull request after its merge. GitHub finds out by itself, some moments later, that a branch was moved
/// to the head of a pull request: that is waited for, and it is no failure if it takes longer. A read that fails is none
/// either, and shows nothing: what is merged is merged.
pub(crate) async fn after(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    method: Method,
) -> Option<Shown> {
    let mut attempt = 0;
    loop {
        let Ok(now) = pulls::get(github, &request.repository, request.number).await else {
            return None;
        };
        let is_elsewhere = method != Method::FastForward && now.base.branch != pull.base.branch;
        if is_elsewhere || now.merged || attempt == MAX_LOOKS || !pause(github.deadline(), attempt).await {
            let merged_by = now.merged_by.as_ref().map(|by| by.login.clone());
            let is_merged = now.merged || is_elsewhere;
            let elsewhere = is_elsewhere.then(|| Box::new(now));
            return Some(Shown { merged_by, is_merged, elsewhere });
        }
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pull(change: impl FnOnce(&mut Value)) -> PullRequest {
        let mut pull = json!({
            "number": 7, "state": "open", "updated_at": "2026-01-01T00:00:00Z",
            "head": { "ref": "dev", "sha": "a".repeat(40) },
            "base": { "ref": "prod", "sha": "b".repeat(40) },
            "labels": [{ "name": "approval" }, { "name": "docs" }],
        });
        change(&mut pull);
        serde_json::from_value(pull).unwrap()
    }

    fn seen(change: impl FnOnce(&mut Value)) -> Option<&'static str> {
        changed(&pull(|_| ()), &pull(change))
    }

    #[test]
    fn every_change_that_decides_is_seen() {
        assert_eq!(seen(|pull| pull["labels"] = json!([{ "name": "docs" }, { "name": "Approval" }])), None);
        assert_eq!(seen(|pull| pull["base"]["sha"] = "c".repeat(40).into()), None);
        assert_eq!(seen(|pull| pull["state"] = "closed".into()), Some("its state"));
        assert_eq!(seen(|pull| pull["draft"] = true.into()), Some("its state"));
        assert_eq!(seen(|pull| pull["merged"] = true.into()), Some("its state"));
        assert_eq!(seen(|pull| pull["head"]["sha"] = "c".repeat(40).into()), Some("its head"));
        assert_eq!(seen(|pull| pull["head"]["ref"] = "other".into()), Some("its head"));
        assert_eq!(seen(|pull| pull["base"]["ref"] = "dev".into()), Some("its base"));
        assert_eq!(seen(|pull| pull["labels"] = json!([{ "name": "docs" }])), Some("a label"));
        assert_eq!(seen(|pull| pull["updated_at"] = "2026-01-01T00:00:01Z".into()), Some("something of it"));
    }
}
