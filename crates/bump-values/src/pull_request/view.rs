//! What is read before each attempt: base, the pull request's branch, and the pull request.

use github::{
    GitHub, compare,
    pulls::{self, PullRequest},
    snapshot::{self, CommitNote, SnapshotError},
};
use model::{Branch, CommitSha, Failure, RepoSlug};

use super::notes;
use crate::{
    failures,
    links::{Finder, Found},
    request::{Remote, Request},
    way::HISTORY,
};

/// A branch at one commit.
pub(super) struct View {
    pub(super) repository_id: String,
    pub(super) head: CommitSha,
    pub(super) tree: String,
    /// The latest bumps and other commits, newest first.
    pub(super) history: Vec<CommitNote>,
    /// The files, in the order of the request.
    pub(super) found: Vec<Found>,
}

impl View {
    pub(super) fn bytes(&self) -> Vec<Vec<u8>> {
        self.found.iter().map(|file| file.bytes.clone()).collect()
    }

    pub(super) fn text(&self, file: usize) -> &str {
        // Whoever has edited it knows that it is text.
        self.found.get(file).and_then(|found| std::str::from_utf8(&found.bytes).ok()).unwrap_or_default()
    }
}

/// The pull request's branch beside its base.
pub(super) struct Side {
    pub(super) view: View,
    /// The commits that it has and base lacks, oldest first.
    pub(super) commits: Vec<CommitNote>,
    /// Whether base has commits that it lacks.
    pub(super) is_behind: bool,
    /// Where it left base.
    pub(super) merge_base: CommitSha,
    /// Whether a person has committed there, as far as can be seen.
    pub(super) by_hand: bool,
    /// The pull request that is open.
    pub(super) open: Option<PullRequest>,
    /// Whether what it has was merged or closed by somebody: it is not to come up again.
    pub(super) is_settled: bool,
}

/// Who reads.
pub(super) struct Reader<'a> {
    pub(super) github: &'a GitHub,
    pub(super) repository: &'a RepoSlug,
    pub(super) remote: &'a Remote,
    pub(super) request: &'a Request,
}

impl Reader<'_> {
    /// Reads the base.
    pub(super) async fn base(&self) -> Result<View, Failure> {
        let branch = &self.remote.branch;
        let missing =
            || SnapshotError::NoBranch { repository: self.repository.clone(), branch: branch.clone() };
        self.view(branch).await?.ok_or_else(|| failures::of_snapshot(missing(), self.remote))
    }

    /// Reads the pull request's branch, if there is one.
    pub(super) async fn side(&self, branch: &Branch, base: &View) -> Result<Option<Side>, Failure> {
        let Self { github, repository, remote, .. } = self;
        let into = remote.branch.as_str();
        let Some(view) = self.view(branch).await? else { return Ok(None) };
        let doing = format!("compare branch `{branch}` with `{into}` in {repository}");
        let lead = compare::lead(github, repository, &base.head, &view.head).await;
        let lead = lead.map_err(|error| error.into_failure(&doing))?;
        let doing = format!("list the pull requests of {repository}");
        let open = pulls::list_open(github, repository, into, Some(branch.as_str())).await;
        let open = open.map_err(|error| error.into_failure(&doing))?.into_iter().next();
        let is_settled = open.is_none() && {
            let closed = pulls::list_closed(github, repository, into, branch.as_str()).await;
            let closed = closed.map_err(|error| error.into_failure(&doing))?;
            // Somebody else's bump can be there for a moment before its pull request is.
            closed.iter().any(|pull| pull.head.sha == view.head)
        };
        Ok(Some(Side {
            by_hand: !lead.is_complete || !lead.commits.iter().all(notes::is_bump),
            is_behind: lead.behind_by > 0,
            is_settled: is_settled || lead.commits.is_empty(),
            merge_base: lead.merge_base,
            commits: lead.commits,
            view,
            open,
        }))
    }

    /// Reads the files where the branch left base.
    pub(super) async fn at(
        &self,
        commit: &CommitSha,
        found: &[Found],
    ) -> Result<Vec<Option<String>>, Failure> {
        let paths: Vec<String> = found.iter().map(|file| file.path.clone()).collect();
        let files = snapshot::read_at(self.github, self.repository, commit, &paths).await;
        let files = files.map_err(|error| failures::of_snapshot(error, self.remote))?;
        Ok(files.into_iter().map(|file| String::from_utf8(file?.bytes).ok()).collect())
    }

    async fn view(&self, branch: &Branch) -> Result<Option<View>, Failure> {
        let Self { github, repository, remote, request } = self;
        let mut finder = Finder::new(request.files.iter().map(|file| file.path.clone()));
        loop {
            let read = snapshot::read(github, repository, branch, finder.paths(), HISTORY).await;
            let snapshot = match read {
                Err(SnapshotError::NoBranch { .. }) => return Ok(None),
                read => read.map_err(|error| failures::of_snapshot(error, remote))?,
            };
            let missing = |path: &str| {
                let remote = Remote { branch: branch.clone(), ..(*remote).clone() };
                failures::no_file(path, &remote, snapshot.head.short())
            };
            let Some(found) = finder.find(&snapshot.files, missing)? else { continue };
            return Ok(Some(View {
                repository_id: snapshot.repository_id,
                head: snapshot.head,
                tree: snapshot.tree,
                history: notes::each(&snapshot.history),
                found,
            }));
        }
    }
}
