//! Merging pull requests and branches, and finding out whether they merge.

use super::{
    State,
    activity::Kind,
    error::ApiError,
    git::{Git, GitError, Merge},
    journal::Actor,
    policy,
    pull::{Mergeability, Pull},
    queue,
    repository::Repository,
};
use crate::faults::lock;

/// The committer of what GitHub commits itself.
pub(crate) const WEB_FLOW: (&str, &str) = ("GitHub", "noreply@github.com");

/// `PUT /repos/{owner}/{repo}/pulls/{n}/merge`.
#[derive(Debug, Default)]
pub(crate) struct MergeRequest {
    pub(crate) method: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
    /// The head must be this commit.
    pub(crate) sha: Option<String>,
    /// The base's merge queue does it.
    pub(crate) by_queue: bool,
    /// The token may change workflow files.
    pub(crate) may_change_workflows: bool,
}

const PAGE: &str = "pulls/pulls#merge-a-pull-request";

fn refused(status: u16, message: &str) -> ApiError {
    ApiError::new(status, message).documented(PAGE)
}

impl State {
    /// Merges a pull request and returns the commit that the base points to afterwards.
    pub(crate) async fn merge_pull(
        &self,
        repository: &Repository,
        number: u64,
        actor: &Actor,
        request: MergeRequest,
    ) -> Result<String, ApiError> {
        let _updates = repository.updates.lock().await;
        let pull = lock(&repository.data).pulls.get(&number).cloned().ok_or_else(ApiError::not_found)?;
        if !pull.open {
            return Err(refused(405, "Pull Request is not mergeable"));
        }
        if pull.draft {
            return Err(refused(405, "Pull Request is still a draft"));
        }
        if request.sha.as_ref().is_some_and(|sha| *sha != pull.head_sha) {
            return Err(refused(409, "Head branch was modified. Review and try the merge again."));
        }
        let method = request.method.clone().unwrap_or_else(|| "merge".to_owned());
        if !request.by_queue {
            queue::check(&lock(&repository.data), &pull, &actor.login)
                .map_err(|error| error.documented(PAGE))?;
        }
        check_merge(repository, &pull, actor, &method)?;
        let base = repository.git.branch(&pull.base_ref).await?;
        let base = base.ok_or_else(|| refused(405, "Pull Request is not mergeable"))?;
        if !request.may_change_workflows
            && let Some(path) = repository.workflow_file_between(&base, &pull.head_sha).await?
        {
            return Err(refused(403, &policy::workflow_text(&path)));
        }
        check_strict(repository, &pull, actor, &base).await?;
        let made = self.make_merge(repository, &pull, actor, &method, &base, &request).await?;
        let Some(made) = made else { return Err(refused(405, "Pull Request is not mergeable")) };
        lock(&repository.data).signed.insert(made.clone());
        self.race(repository, &pull.base_ref).await?;
        let name = format!("refs/heads/{}", pull.base_ref);
        if !repository.git.update_ref(&name, &made, Some(&base)).await? {
            return Err(refused(405, "Base branch was modified. Review and try the merge again."));
        }
        self.mark_merged(repository, number, &made, actor);
        self.note_closed(repository, number, actor);
        let update = super::git::RefUpdate { name, old: Some(base), new: Some(made.clone()) };
        self.after_move(repository, actor, &update, Some(Kind::PullMerge)).await?;
        if lock(&repository.data).delete_branch_on_merge && pull.fork.is_none() {
            self.move_branch(repository, actor, &pull.head_ref, Some(&pull.head_sha), None).await?;
        }
        Ok(made)
    }

    /// Makes the commit, or the commits, of a merge; `None` in case of a conflict.
    async fn make_merge(
        &self,
        repository: &Repository,
        pull: &Pull,
        actor: &Actor,
        method: &str,
        base: &str,
        request: &MergeRequest,
    ) -> Result<Option<String>, GitError> {
        let git = &repository.git;
        if method == "rebase" {
            return rebase(git, base, &pull.head_sha).await;
        }
        let Merge::Tree(tree) = git.merge_tree(base, &pull.head_sha).await? else { return Ok(None) };
        let default_body = if method == "squash" {
            squash_body(git, base, &pull.head_sha).await?
        } else {
            pull.title.clone()
        };
        let title = request.title.clone().filter(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| default_title(repository, pull, method));
        let body = request.message.clone().filter(|body| !body.is_empty()).unwrap_or(default_body);
        let message = format!("{title}\n\n{body}").trim_end().to_owned();
        let person = if method == "squash" { self.user(&pull.author) } else { self.user(&actor.login) };
        let author = (person.login.as_str(), person.email());
        let author = (author.0, author.1.as_str());
        let parents: &[&str] = if method == "squash" { &[base] } else { &[base, &pull.head_sha] };
        git.commit_tree(&tree, parents, author, WEB_FLOW, &message).await.map(Some)
    }

    /// Finds out whether a pull request merges, and counts, unless that is known for its present commits.
    pub(crate) async fn assess(&self, repository: &Repository, number: u64) -> Result<(), GitError> {
        let found = lock(&repository.data).pulls.get(&number).cloned();
        let Some(pull) = found.filter(|pull| pull.open) else { return Ok(()) };
        let git = &repository.git;
        let (head, Some(base)) = (pull.head_sha, git.branch(&pull.base_ref).await?) else { return Ok(()) };
        let pair = (head.clone(), base.clone());
        if pull.mergeability.of.as_ref() == Some(&pair) {
            return Ok(());
        }
        let from = git.merge_base(&base, &head).await?.unwrap_or_else(|| base.clone());
        let (merge, counts, files) = tokio::try_join!(
            git.merge_tree(&base, &head),
            git.ahead_behind(&base, &head),
            git.changed_files(&from, &head)
        )?;
        let test_merge = match merge {
            Merge::Conflict => None,
            Merge::Tree(tree) => {
                let message = format!("Merge {head} into {base}");
                let made = git.commit_tree(&tree, &[&base, &head], WEB_FLOW, WEB_FLOW, &message).await?;
                git.set_ref(&format!("refs/pull/{number}/merge"), &made).await?;
                Some(made)
            }
        };
        let mut data = lock(&repository.data);
        let hidden_reads = data.unknown_reads;
        if let Some(pull) = data.pulls.get_mut(&number) {
            pull.mergeability = Mergeability {
                of: Some(pair),
                hidden_reads,
                behind: counts.1 > 0,
                test_merge,
                commits: counts.0,
                additions: files.iter().map(|file| file.additions).sum(),
                deletions: files.iter().map(|file| file.deletions).sum(),
                changed_files: files.len() as u64,
            };
        }
        Ok(())
    }
}

/// The first line of a merge's commit unless the caller gives one.
pub(crate) fn default_title(repository: &Repository, pull: &Pull, method: &str) -> String {
    let number = pull.number;
    if method == "squash" {
        return format!("{} (#{number})", pull.title);
    }
    let owner = pull.fork.as_ref().map_or(&repository.owner, |fork| &fork.owner);
    format!("Merge pull request #{number} from {owner}/{}", pull.head_ref)
}

/// Checks what does not depend on commits: the method and the rules.
fn check_merge(repository: &Repository, pull: &Pull, actor: &Actor, method: &str) -> Result<(), ApiError> {
    let data = lock(&repository.data);
    let named = match method {
        "merge" => "Merge commits are",
        "squash" => "Squash merges are",
        "rebase" => "Rebase merges are",
        other => {
            let text = format!("\"{other}\" is not a possible value. Must be one of: merge, squash, rebase.");
            return Err(ApiError::invalid_request(&format!("For 'properties/merge_method', {text}")));
        }
    };
    if data.merge_methods.get(method) != Some(&true) {
        return Err(refused(405, &format!("{named} not allowed on this repository.")));
    }
    for rules in data.rules_for(&pull.base_ref, &actor.login) {
        let allowed = rules.merge_methods.is_empty() || rules.merge_methods.iter().any(|one| one == method);
        if !allowed {
            return Err(refused(405, &format!("{named} not allowed on this branch.")));
        }
        if rules.linear_history && method == "merge" {
            return Err(refused(405, "This branch must not contain merge commits."));
        }
    }
    match policy::unmet(&data, pull, &actor.login) {
        Some(refusal) => Err(refusal.into_api(405).documented(PAGE)),
        None => Ok(()),
    }
}

/// Where checks are strict, the head has to contain the base. Checks that passed on a head which does not are called
/// expected, as if they were missing.
async fn check_strict(
    repository: &Repository,
    pull: &Pull,
    actor: &Actor,
    base: &str,
) -> Result<(), ApiError> {
    let rules = lock(&repository.data).rules_for(&pull.base_ref, &actor.login);
    let Some(strict) = rules.into_iter().find(|rules| rules.strict_checks) else { return Ok(()) };
    if repository.git.is_ancestor(base, &pull.head_sha).await? {
        return Ok(());
    }
    let reason = match strict.required_checks.as_slice() {
        [one] => format!("Required status check \"{one}\" is expected."),
        all => format!("{0} of {0} required status checks are expected.", all.len()),
    };
    let refusal = policy::Refusal { classic: strict.classic, reasons: vec![reason] };
    Err(refusal.into_api(405).documented(PAGE))
}

async fn rebase(git: &Git, base: &str, head: &str) -> Result<Option<String>, GitError> {
    let mut tip = base.to_owned();
    for commit in git.log(&["--reverse", "--no-merges", "--topo-order", &format!("{base}..{head}")]).await? {
        match git.replay(&commit, &tip, WEB_FLOW).await? {
            Some(made) => tip = made,
            None => return Ok(None),
        }
    }
    Ok(Some(tip))
}

/// The body of a squash: the messages of its commits when there is more than one.
async fn squash_body(git: &Git, base: &str, head: &str) -> Result<String, GitError> {
    let commits = git.log(&["--reverse", "--no-merges", &format!("{base}..{head}")]).await?;
    if commits.len() < 2 {
        return Ok(String::new());
    }
    Ok(commits.iter().map(|commit| format!("* {}", commit.message)).collect::<Vec<_>>().join("\n\n"))
}
