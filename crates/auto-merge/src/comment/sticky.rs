//! The comment's life: found, written, updated in place, kept single.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use github::{ApiError, GitHub, GraphqlError, issues, issues::Comment, pulls, viewer};
use model::{Deadline, Failure};
use toolkit::rfc3339;

use super::{Said, Speaker, Statement, mark};
use crate::request::Request;

/// How long all of it may take: the run may be at its end because its time is over, and it has still to say so.
const BUDGET: Duration = Duration::from_secs(5);

/// Says it in the comment that is there, or in a new one if `may_create`.
pub(crate) async fn write(
    github: &GitHub,
    request: &Request,
    statement: &Statement,
    may_create: bool,
) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let mark = mark(request.run.as_ref());
    let speaker = Speaker { mark: mark.clone(), url: request.run_url.clone(), now: rfc3339(now) };
    let github = github.until(Deadline::after(BUDGET));
    let sticky = Sticky { github, request, statement, mark, body: statement.body(&speaker) };
    sticky.write(may_create).await.map_err(|error| {
        let is_locked = error.rejection().is_some_and(|rejection| rejection.says("is locked"));
        let failure = error.into_failure("write a comment");
        if !is_locked {
            return failure;
        }
        failure.with_remedy("Unlock the pull request's conversation, or set `comment: never`.")
    })
}

struct Sticky<'a> {
    github: GitHub,
    request: &'a Request,
    statement: &'a Statement,
    mark: String,
    body: String,
}

impl Sticky<'_> {
    async fn write(&self, may_create: bool) -> Result<(), ApiError> {
        let Request { repository, number, .. } = self.request;
        let marked = self.marked().await?;
        // Everybody can write the mark; whose token this is is asked for only if somebody did.
        let mine = if marked.is_empty() { marked } else { of(&self.account().await?, marked) };
        if !mine.is_empty() {
            return self.settle(mine).await;
        }
        if !may_create {
            return Ok(());
        }
        let created = issues::comment(&self.github, repository, *number, &self.body).await?;
        // Of two runs that write one at the same moment, the later one at least sees both.
        let login = created.user.map(|user| user.login).unwrap_or_default();
        self.settle(of(&login, self.marked().await?)).await
    }

    /// Keeps the oldest comment, which people may have linked to, and has it say our words unless they are outdated.
    async fn settle(&self, mut mine: Vec<Comment>) -> Result<(), ApiError> {
        mine.sort_by_key(|comment| comment.id);
        let repository = &self.request.repository;
        let mut mine = mine.into_iter();
        if let Some(oldest) = mine.next()
            && let Some(said) = Said::read(&oldest.body, &self.mark)
            && self.replaces(said).await?
        {
            issues::update_comment(&self.github, repository, oldest.id, &self.body).await?;
        }
        for later in mine {
            issues::delete_comment(&self.github, repository, later.id).await?;
        }
        Ok(())
    }

    /// Whether our words are to replace what is said.
    async fn replaces(&self, said: Said<'_>) -> Result<bool, ApiError> {
        if said.is_same(&self.body) || said.is_merged() && !self.statement.is_merged {
            return Ok(false);
        }
        if said.head() == Some(self.statement.head.as_str()) {
            return Ok(true);
        }
        // It is about another commit: an earlier head than ours, or a later one.
        let pull = pulls::get(&self.github, &self.request.repository, self.request.number).await?;
        Ok(pull.head.sha == self.statement.head)
    }

    /// Every comment that looks like this gate's.
    async fn marked(&self) -> Result<Vec<Comment>, ApiError> {
        let Request { repository, number, .. } = self.request;
        let mut comments = issues::comments(&self.github, repository, *number).await?;
        comments.retain(|comment| Said::read(&comment.body, &self.mark).is_some());
        Ok(comments)
    }

    /// The token's own account.
    async fn account(&self) -> Result<String, ApiError> {
        viewer(&self.github).await.map_err(|error| match error {
            GraphqlError::Api(error) => error,
            GraphqlError::Rejected(rejection) => ApiError::Rejected(Box::new((&*rejection).into())),
        })
    }
}

/// The comments of one account.
fn of(login: &str, mut comments: Vec<Comment>) -> Vec<Comment> {
    comments.retain(|comment| comment.user.as_ref().is_some_and(|user| user.login == login));
    comments
}
