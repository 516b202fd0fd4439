//! The state of GitHub: accounts, repositories, tokens, runs.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{
    app::{App, Installation},
    clock::Clock,
    repository::Repository,
    run::Run,
    teams::Teams,
    token::{self, Token, TokenSpec},
    user::User,
};
use crate::{faults::lock, world::Urls};

/// The state of GitHub.
#[derive(Debug)]
pub struct State {
    pub(crate) root: PathBuf,
    pub(crate) urls: Urls,
    users: Mutex<BTreeMap<String, User>>,
    /// By the slug in lower case: GitHub's names do not tell case.
    pub(crate) repositories: Mutex<BTreeMap<String, Arc<Repository>>>,
    pub(crate) tokens: Mutex<HashMap<String, Token>>,
    pub(crate) runs: Mutex<Vec<Run>>,
    pub(crate) apps: Mutex<Vec<App>>,
    pub(crate) installations: Mutex<Vec<Installation>>,
    pub(crate) teams: Mutex<Teams>,
    /// Whether replies lack what the next version of the interface drops.
    pub(crate) is_next_version: AtomicBool,
    /// JWTs that were seen and tokens that were minted.
    pub(crate) app_secrets: Mutex<Vec<String>>,
    pub(crate) clock: Clock,
    ids: AtomicU64,
}

impl State {
    pub(crate) fn new(directory: &Path, urls: &Urls) -> io::Result<Self> {
        let root = crate::world::created(directory)?.canonicalize()?;
        Ok(Self {
            root,
            urls: urls.clone(),
            users: Mutex::default(),
            repositories: Mutex::default(),
            tokens: Mutex::default(),
            runs: Mutex::default(),
            apps: Mutex::default(),
            installations: Mutex::default(),
            teams: Mutex::default(),
            is_next_version: AtomicBool::new(false),
            app_secrets: Mutex::default(),
            clock: Clock::default(),
            ids: AtomicU64::new(1000),
        })
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the account of that login, made on first mention.
    pub fn user(&self, login: &str) -> User {
        let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
        self.account(login, kind)
    }

    /// Returns the account if it was mentioned before.
    pub(crate) fn known_user(&self, login: &str) -> Option<User> {
        lock(&self.users).values().find(|user| user.login.eq_ignore_ascii_case(login)).cloned()
    }

    pub(crate) fn account(&self, login: &str, kind: &'static str) -> User {
        let id = self.next_id();
        let mut users = lock(&self.users);
        users.entry(login.to_owned()).or_insert_with(|| User::new(login, kind, id)).clone()
    }

    /// Returns the directory of a bare repository, given `OWNER/NAME`.
    pub fn git_dir(&self, slug: &str) -> Option<PathBuf> {
        self.repository(slug).map(|repository| repository.directory())
    }

    /// Returns the slugs of all repositories.
    pub fn repository_slugs(&self) -> Vec<String> {
        lock(&self.repositories).values().map(|repository| repository.slug()).collect()
    }

    pub(crate) fn repository(&self, slug: &str) -> Option<Arc<Repository>> {
        lock(&self.repositories).get(&slug.to_lowercase()).cloned()
    }

    /// Issues a token.
    #[expect(clippy::needless_pass_by_value, reason = "a specification is made for one token")]
    pub fn token(&self, spec: TokenSpec) -> String {
        let token = Token::new(&spec, false);
        self.user(&spec.login);
        let text = token::text(if token.is_app() { "ghs" } else { "github_pat" });
        lock(&self.tokens).insert(text.clone(), token);
        text
    }

    /// Returns every token that is valid, every one that an App was ever given, and the keys of Apps, to search logs
    /// and files for them.
    pub fn tokens(&self) -> Vec<String> {
        let mut secrets = self.app_secrets();
        secrets.extend(lock(&self.tokens).keys().cloned());
        secrets
    }

    /// Makes a token worthless.
    pub fn revoke(&self, token: &str) {
        lock(&self.tokens).remove(token);
    }

    pub(crate) fn token_by_text(&self, text: &str) -> Option<Token> {
        let now = self.clock.seconds();
        lock(&self.tokens).get(text).filter(|token| token.expires_at.is_none_or(|at| at > now)).cloned()
    }
}
