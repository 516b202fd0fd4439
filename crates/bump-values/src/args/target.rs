//! The inputs that say where to write, as whom and how.

use model::{Branch, Secret};
use toolkit::{AppArgs, AppCredentials, Check, GitHubContext};

use super::{
    place,
    token::{self, Tokens},
};
use crate::{
    method::{self, Method, Signs, Wish},
    request::{OnProtected, Remote, Repository, Ssh, Target},
};

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TargetArgs {
    /// Repository to commit to, `owner/name` or the URL of one on any host; the workflow's own if not given
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) repository: Option<String>,

    /// Branch to commit to; the branch of the run if it is one and in the same repository
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,

    /// Branch that `branch` is made from if it does not exist yet; without it, a missing branch is a failure
    #[arg(long, value_name = "NAME")]
    pub(crate) base: Option<String>,

    /// Token with `contents: write`; falls back to `GITHUB_TOKEN`. For a repository on another host, that host's token: neither `GITHUB_TOKEN` nor the workflow's own is ever sent there
    #[arg(long, value_name = "env:NAME")]
    pub(crate) token: Option<String>,

    #[command(flatten)]
    pub(crate) app: AppArgs,

    /// Private key for SSH, such as a deploy key with write access; the repository is then written by Git
    #[arg(long, value_name = "env:NAME")]
    pub(crate) ssh_key: Option<String>,

    /// Host keys to trust for SSH, as lines of a `known_hosts` file (`ssh-keyscan HOST`); those of github.com, gitlab.com and bitbucket.org are known
    #[arg(long, value_name = "LINES")]
    pub(crate) ssh_known_hosts: Option<String>,

    /// Author of commits that Git makes, `Name <address>`; the person that started the run if not given
    #[arg(long, value_name = "AUTHOR")]
    pub(crate) author: Option<String>,

    /// How to write: `graphql` (a commit signed by GitHub), `git-data` (the same, with file modes and new branches), `git` (any host), `worktree` (edits the files in the current directory), or `auto` (the default), which says what it took and why
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// Whether a commit that GitHub does not show as verified is a failure; `true` if not given where GitHub signs
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) require_verified: Option<String>,

    /// What to do when the branch takes no direct commit: `fail` (the default), or `pull-request`, which opens one or joins the one that is open
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_protected: Option<String>,
}

/// What there is to get in with.
struct Credentials {
    token: Option<Secret>,
    app: Option<AppCredentials>,
    ssh: Option<Ssh>,
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
        let context = GitHubContext::from_env(check.env());
        let wish = check.optional("method", self.method.as_deref(), str::parse).unwrap_or_default();
        let token = check.secret("token", self.token.as_deref(), &["GITHUB_TOKEN"]);
        let app = self.app.resolve(check);
        let ssh = self.ssh(check);
        let repository = check
            .optional("repository", self.repository.as_deref(), |text| place::repository(text, &context));
        let signs = Signs {
            is_elsewhere: matches!(&repository, Some(Repository::Url(url)) if !url.is_ssh()),
            is_ssh: matches!(&repository, Some(Repository::Url(url)) if url.is_ssh()) || ssh.is_some(),
            has_app: self.app.is_given(),
            in_workflow: check.env().in_actions(),
            has_token: token.is_some() || given(self.token.as_deref()),
        };
        let (method, why) = method::choose(wish, signs);
        if method == Method::Worktree {
            self.refuse_in_worktree(check, wish, repository.as_ref());
            return Resolved { target: Some(Target::Worktree), method, why };
        }
        let is_url = matches!(repository, Some(Repository::Url(_)));
        let needs_token = !is_url && ssh.is_none();
        if needs_token && !signs.has_token && !signs.has_app {
            check.problem(
                "token",
                "is required, and `GITHUB_TOKEN` is not set either; `method: worktree` needs none",
            );
        }
        if is_url && method != Method::Git {
            let method = method.name();
            check
                .problem("method", &format!("`{method}` is for repositories of the run's GitHub: use `git`"));
        }
        if is_url && signs.has_app {
            check.problem(
                "app-id",
                "is for repositories of the run's GitHub: pass that host's `token` or an `ssh-key`",
            );
        }
        let credentials = Credentials { token, app, ssh };
        let target = self.remote(check, &context, repository, (wish, method), credentials);
        Resolved { target: target.map(|remote| Target::Branch(Box::new(remote))), method, why }
    }

    /// The key for SSH and the hosts' keys, if there is any of them.
    fn ssh(&self, check: &mut Check<'_>) -> Option<Ssh> {
        let key = check.secret("ssh-key", self.ssh_key.as_deref(), &[]);
        let text = |text: &str| Ok::<_, String>(text.to_owned());
        let known_hosts = check.optional("ssh-known-hosts", self.ssh_known_hosts.as_deref(), text);
        key.is_some().then_some(()).or(known_hosts.as_ref().map(|_| ()))?;
        Some(Ssh { key, known_hosts })
    }

    /// Repository, branch and addresses.
    fn remote(
        &self,
        check: &mut Check<'_>,
        context: &GitHubContext,
        given: Option<Repository>,
        (wish, method): (Wish, Method),
        Credentials { token, app, ssh }: Credentials,
    ) -> Option<Remote> {
        if self.repository.is_none() && context.repository.is_none() {
            check.problem("repository", "is required, and `GITHUB_REPOSITORY` is not set either");
        }
        let own = context.repository.clone().map(Repository::Slug);
        let branch = self.branch(check, context, given.is_some() && given != own);
        let base = check.optional("base", self.base.as_deref(), str::parse::<Branch>);
        let on_protected =
            check.optional("on-protected", self.on_protected.as_deref(), str::parse).unwrap_or_default();
        if on_protected == OnProtected::PullRequest && method == Method::Git {
            check.problem(
                "on-protected",
                "`pull-request` is for branches that are written by GitHub's own interfaces, not by Git",
            );
        }
        let require_verified = self.require_verified(check, method);
        let author = check.optional("author", self.author.as_deref(), place::author);
        if author.is_some() && method != Method::Git {
            check.problem(
                "author",
                "is for `method: git`: GitHub sets the author of the commits that it signs",
            );
        }
        let repository = given.or(own)?;
        let of_env = || check.env().get("GITHUB_TOKEN").map(Secret::new);
        let tokens = match &repository {
            Repository::Slug(_) => Tokens { of_host: token.clone(), of_run: token, held_back: None },
            Repository::Url(url) => {
                let explicit = token.filter(|_| self::given(self.token.as_deref()));
                token::for_url(url, explicit, of_env(), &context.server_url)
            }
        };
        let git_url = match &repository {
            Repository::Url(url) => Ok(url.clone()),
            Repository::Slug(slug) => place::url_of(slug, context, ssh.is_some()),
        };
        let git_url = git_url.map_err(|problem| check.problem("repository", &problem)).ok()?;
        Some(Remote {
            repository,
            git_url,
            branch: branch?,
            base,
            wish,
            token: tokens.of_host,
            token_of_run: tokens.of_run,
            held_back: tokens.held_back,
            app,
            ssh,
            author: author.or_else(|| place::actor(check.env())),
            require_verified,
            on_protected,
            api_url: context.api_url.clone(),
            graphql_url: context.graphql_url.clone(),
            server_url: context.server_url.clone(),
        })
    }

    fn require_verified(&self, check: &mut Check<'_>, method: Method) -> Option<bool> {
        let text = self.require_verified.as_deref().filter(|text| !text.trim().is_empty())?;
        let required = check.flag("require-verified", Some(text), false);
        if required && method == Method::Git {
            check.problem(
                "require-verified",
                "cannot hold with `method: git`, whose commits nobody signs: use `graphql` or `git-data`",
            );
        }
        Some(required)
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
pub(super) fn given(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}
