//! A change of workflow files.

use super::*;

#[test]
fn workflow_files_are_merged_by_a_person() {
    let workflows = Changed::Files(vec![".github/workflows/ci.yml".to_owned()]);
    let changed = Facts { workflows, ..facts(|_| ()) };
    insta::assert_snapshot!(refused(&request(), &changed), @"
    [workflow-files] pull request #7 (dev → prod) is not merged: it changes `.github/workflows/ci.yml`
    Have a person merge it, or set `workflow-files: allow` where a label or approvals gate it.
    ");
    let unlisted = Facts { workflows: Changed::Unlisted, ..facts(|_| ()) };
    insta::assert_snapshot!(refused(&request(), &unlisted), @"
    [workflow-files] pull request #7 (dev → prod) is not merged: it changes more files than GitHub lists, so that workflow files can be among them
    Have a person merge it, or set `workflow-files: allow` where a label or approvals gate it.
    ");
    // What a person merged is theirs.
    let pull = pull(|pull| pull["merged"] = true.into());
    let by_hand = Facts { pull, merged_as: Some(sha('c')), ..changed };
    assert_eq!(plan(&request(), &by_hand), Plan::AlreadyMerged { sha: sha('c') });
}

#[test]
fn workflow_files_that_the_token_cannot_merge() {
    let workflows = Changed::Files(vec![".github/workflows/ci.yml".to_owned()]);
    let facts = Facts { workflows, is_runs_own: true, ..facts(|_| ()) };
    let allowing = Request { workflow_files: WorkflowFiles::Allow, ..request() };
    insta::assert_snapshot!(refused(&allowing, &facts), @"
    [workflows-permission] pull request #7 (dev → prod) is not merged: it changes `.github/workflows/ci.yml`, which the workflow's own token cannot merge
    Set `app-id` and `app-private-key` of a GitHub App that has *Workflows: write*, or merge by hand.
    ");
    let other = Facts { is_runs_own: false, ..facts };
    assert!(matches!(plan(&allowing, &other), Plan::Merge { .. }));
}
