//! The inputs that say where to write, as whom and how.

use model::{Branch, ParseError, RepoSlug, Secret};
use toolkit::{Check, GitHubContext};

use crate::{
    method::{self, Method, Signs, Wish},
    request::{App, OnProtected, Remote, Target},
};

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TargetArgs {
    /// Repository to commit to, `owner/name`; the workflow's own if not given
    #[arg(long, value_name = "OWNER/NAME")]
    pub(crate) repository: Option<String>,

    /// Branch to commit to; the branch of the run if it is one and in the same repository
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,

    /// Branch that `branch` is made from if it does not exist yet; without it, a missing branch is a failure
    #[arg(long, value_name = "NAME")]
    pub(crate) base: Option<String>,

    /// GitHub token with `contents: write`; falls back to `GITHUB_TOKEN`
    #[arg(long, value_name = "env:NAME")]
    pub(crate) token: Option<String>,

    /// Id or client id of a GitHub App to commit as, installed on the repository; its token is made for this run, for this one repository, and revoked at the end
    #[arg(long, value_name = "ID")]
    pub(crate) app_id: Option<String>,

    /// Private key of that GitHub App, a PEM file's content
    #[arg(long, value_name = "env:NAME")]
    pub(crate) app_private_key: Option<String>,

    /// How to write: `graphql` (a commit signed by GitHub), `git-data` (the same, with file modes and new branches), `git` (any host), `worktree` (edits the files in the current directory), or `auto` (the default), which says what it took and why
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// Whether a commit that GitHub does not show as verified is a failure; `true` if not given where GitHub signs
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) require_verified: Option<String>,

    /// What to do when the branch takes no direct commit: `fail` (the default)
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_protected: Option<String>,
}

/// Where to, once it is known.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// None if an input is wrong, which is recorded.
    pub(crate) target: Option<Target>,
    pub(crate) method: Method,
    pub(crate) why: &'static str,
}

impl TargetArgs {
    /// Validates them together; what is wrong is recorded in `check`.
    pub(crate) fn resolve(&self, check: &mut Check<'_>) -> Resolved {
        let wish = check.optional("method", self.method.as_deref(), str::parse).unwrap_or_default();
        let token = check.secret("token", self.token.as_deref(), &["GITHUB_TOKEN"]);
        let app = self.app(check);
        let signs = Signs {
            is_elsewhere: false,
            is_ssh: false,
            has_app: given(self.app_id.as_ref()) || given(self.app_private_key.as_ref()),
            in_workflow: check.env().in_actions(),
            has_token: token.is_some() || self.token.is_some(),
        };
        let (method, why) = method::choose(wish, signs);
        let target = match method {
            Method::Worktree => Some(Target::Worktree),
            Method::Git => {
                check.problem("method", "`git` is not in this version: use `auto`, `graphql` or `git-data`");
                None
            }
            Method::Graphql | Method::GitData => {
                if token.is_none() && self.token.is_none() && !signs.has_app {
                    check.problem(
                        "token",
                        "is required, and `GITHUB_TOKEN` is not set either; `method: worktree` needs none",
                    );
                }
                self.remote(check, wish, token, app).map(|remote| Target::Branch(Box::new(remote)))
            }
        };
        Resolved { target, method, why }
    }

    /// Both inputs of the App, or none of them.
    fn app(&self, check: &mut Check<'_>) -> Option<App> {
        let key = check.secret("app-private-key", self.app_private_key.as_deref(), &[]);
        let id = check.optional("app-id", self.app_id.as_deref(), |text| Ok::<_, String>(text.to_owned()));
        match (given(self.app_id.as_ref()), given(self.app_private_key.as_ref())) {
            (true, false) => check.problem("app-private-key", "is required with `app-id`"),
            (false, true) => check.problem("app-id", "is required with `app-private-key`"),
            _ => {}
        }
        id.zip(key).map(|(id, key)| App { id, key })
    }

    /// Repository, branch and addresses.
    fn remote(
        &self,
        check: &mut Check<'_>,
        wish: Wish,
        token: Option<Secret>,
        app: Option<App>,
    ) -> Option<Remote> {
        let context = GitHubContext::from_env(check.env());
        let given = check.optional("repository", self.repository.as_deref(), repository);
        if self.repository.is_none() && context.repository.is_none() {
            check.problem("repository", "is required, and `GITHUB_REPOSITORY` is not set either");
        }
        let is_other = given.is_some() && given != context.repository;
        let branch = self.branch(check, &context, is_other);
        let base = check.optional("base", self.base.as_deref(), str::parse::<Branch>);
        let require_verified = self
            .require_verified
            .as_deref()
            .filter(|text| !text.trim().is_empty())
            .map(|text| check.flag("require-verified", Some(text), true));
        let on_protected =
            check.optional("on-protected", self.on_protected.as_deref(), str::parse).unwrap_or_default();
        if on_protected == OnProtected::PullRequest {
            check.problem("on-protected", "`pull-request` is not in this version: use `fail`, and let the token's owner bypass the branch's rules");
        }
        Some(Remote {
            repository: given.or(context.repository)?,
            branch: branch?,
            base,
            wish,
            token,
            app,
            require_verified,
            on_protected,
            api_url: context.api_url,
            graphql_url: context.graphql_url,
            server_url: context.server_url,
        })
    }

    /// The branch that is given, else the run's.
    fn branch(&self, check: &mut Check<'_>, context: &GitHubContext, is_other: bool) -> Option<Branch> {
        let of_run = context.ref_name.as_deref();
        let own = of_run.filter(|name| name.starts_with("refs/heads/") && !is_other);
        let text = self.branch.as_deref().filter(|text| !text.trim().is_empty()).or(own);
        if text.is_none() {
            let reason = match (of_run, is_other) {
                (_, true) => "is required for another repository".to_owned(),
                (Some(name), _) => format!("is required, since the run's ref `{name}` is not a branch"),
                (None, _) => "is required, and `GITHUB_REF` is not set either".to_owned(),
            };
            check.problem("branch", &reason);
        }
        check.optional("branch", text, str::parse)
    }
}

/// Whether an input says anything.
fn given(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// A repository. What looks like a URL is not repeated: it may hold a token.
fn repository(text: &str) -> Result<RepoSlug, String> {
    if text.contains(['@', ':']) {
        return Err("holds a URL (not shown, since it may hold a password): write `owner/name`".to_owned());
    }
    text.parse().map_err(|error: ParseError| error.to_string())
}
