//! GitHub Apps: who they are, where they are installed, and the tokens of their installations.

use std::{collections::BTreeMap, io};

use jsonwebtoken::DecodingKey;
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey as _, LineEnding},
    pkcs8::EncodePublicKey as _,
};

use super::{
    State,
    error::ApiError,
    token::{self, Access, Token, TokenSpec},
};
use crate::faults::lock;

/// How long a token of an installation is valid, in seconds.
const TOKEN_LIFETIME: u64 = 3600;
/// The length of the keys that GitHub generates.
const KEY_BITS: usize = 2048;

/// What the owner of an App has of it: its settings page, and the key that was downloaded there.
#[derive(Debug, Clone)]
pub struct AppKey {
    /// The App's number.
    pub id: u64,
    /// The App's client id, `Iv23…`.
    pub client_id: String,
    /// Its private key: PEM, PKCS#1, as GitHub hands it out.
    pub pem: String,
}

/// An App.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) id: u64,
    pub(crate) client_id: String,
    pub(crate) slug: String,
    pub(crate) key: DecodingKey,
    /// The private key, which a real GitHub does not keep: for those who search logs for it.
    pem: String,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("App").field("id", &self.id).field("slug", &self.slug).finish_non_exhaustive()
    }
}

/// An App in an account.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub(crate) id: u64,
    pub(crate) app: u64,
    pub(crate) account: String,
    /// `OWNER/NAME`; all of the account's when empty.
    pub(crate) repositories: Vec<String>,
    pub(crate) permissions: BTreeMap<String, Access>,
    pub(crate) created_at: String,
    pub(crate) suspended_at: Option<String>,
}

impl Installation {
    pub(crate) fn reaches(&self, slug: &str) -> bool {
        let owner = slug.split('/').next().unwrap_or_default();
        let listed = self.repositories.is_empty()
            || self.repositories.iter().any(|one| one.eq_ignore_ascii_case(slug));
        owner.eq_ignore_ascii_case(&self.account) && listed
    }
}

/// A token of an installation, as it is answered once.
pub(crate) struct Minted {
    pub(crate) token: String,
    pub(crate) expires_at: u64,
    pub(crate) permissions: BTreeMap<String, Access>,
}

impl State {
    /// Registers an App; what it does is done by `SLUG[bot]`. Making its key takes a moment.
    pub fn create_app(&self, slug: &str) -> io::Result<AppKey> {
        let failed = |error: &dyn std::fmt::Display| io::Error::other(format!("no key for an App: {error}"));
        let key = RsaPrivateKey::new(&mut rand::thread_rng(), KEY_BITS).map_err(|error| failed(&error))?;
        let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(|error| failed(&error))?.to_string();
        let public = key.to_public_key().to_public_key_pem(LineEnding::LF).map_err(|error| failed(&error))?;
        let key = DecodingKey::from_rsa_pem(public.as_bytes()).map_err(|error| failed(&error))?;
        let id = self.next_id();
        let random = token::text("x");
        let client_id = format!("Iv23{}", &random[2..18]);
        self.user(&format!("{slug}[bot]"));
        let app = App { id, client_id: client_id.clone(), slug: slug.to_owned(), key, pem: pem.clone() };
        lock(&self.apps).push(app);
        Ok(AppKey { id, client_id, pem })
    }

    /// Installs an App in the account `owner`, for these repositories (`OWNER/NAME`; all of the account's if there
    /// are none), and grants it `permissions`. Returns the installation's number.
    pub fn install_app(
        &self,
        app: u64,
        owner: &str,
        repositories: &[&str],
        permissions: &[(&str, &str)],
    ) -> u64 {
        let id = self.next_id();
        let granted = permissions
            .iter()
            .filter_map(|(name, access)| Some((name.replace('-', "_"), Access::parse(access)?)));
        let mut permissions: BTreeMap<String, Access> = granted.collect();
        permissions.entry("metadata".to_owned()).or_insert(Access::Read);
        lock(&self.installations).push(Installation {
            id,
            app,
            account: owner.to_owned(),
            repositories: repositories.iter().map(ToString::to_string).collect(),
            permissions,
            created_at: self.clock.now(),
            suspended_at: None,
        });
        id
    }

    /// Suspends an installation, or lets it go on.
    pub fn suspend_installation(&self, id: u64, suspended: bool) {
        for one in lock(&self.installations).iter_mut().filter(|one| one.id == id) {
            one.suspended_at = suspended.then(|| self.clock.now());
        }
    }

    /// Finds an App by its number or its client id.
    pub(crate) fn app(&self, id: &str) -> Option<App> {
        lock(&self.apps).iter().find(|app| app.id.to_string() == id || app.client_id == id).cloned()
    }

    /// Finds an App's installation on a repository.
    pub(crate) fn installation_on(&self, app: u64, slug: &str) -> Option<Installation> {
        lock(&self.installations).iter().find(|one| one.app == app && one.reaches(slug)).cloned()
    }

    /// Issues a token of an installation for some of its repositories (all, if none are asked for) and some of its
    /// permissions (all, if none are asked for).
    pub(crate) fn mint(
        &self,
        app: &App,
        installation: u64,
        repositories: Option<&[String]>,
        permissions: Option<BTreeMap<String, Option<Access>>>,
    ) -> Result<Minted, ApiError> {
        let found = lock(&self.installations).iter().find(|one| one.id == installation).cloned();
        let found = found.filter(|one| one.app == app.id).ok_or_else(ApiError::not_found)?;
        if found.suspended_at.is_some() {
            return Err(ApiError::new(403, "This installation has been suspended"));
        }
        let slugs: Vec<String> = match repositories {
            Some(names) => names.iter().map(|name| format!("{}/{name}", found.account)).collect(),
            None => self.repository_slugs().into_iter().filter(|slug| found.reaches(slug)).collect(),
        };
        if slugs.iter().any(|slug| !found.reaches(slug) || self.repository(slug).is_none()) {
            let text = "There is at least one repository that does not exist or is not accessible to the parent installation.";
            return Err(ApiError::new(422, text));
        }
        let mut granted = found.permissions.clone();
        if let Some(wanted) = permissions {
            let within = |(name, access): (&String, &Option<Access>)| {
                access.is_some() && *access <= found.permissions.get(name).copied()
            };
            if !wanted.iter().all(within) {
                let text = "The permissions requested are not granted to this installation.";
                return Err(ApiError::new(422, text));
            }
            granted = wanted.into_iter().filter_map(|(name, access)| Some((name, access?))).collect();
            granted.entry("metadata".to_owned()).or_insert(Access::Read);
        }
        let spec = TokenSpec {
            login: format!("{}[bot]", app.slug),
            permissions: granted
                .iter()
                .map(|(name, access)| (name.clone(), access.name().to_owned()))
                .collect(),
            repositories: slugs,
        };
        let expires_at = self.clock.seconds() + TOKEN_LIFETIME;
        let text = token::text("ghs");
        lock(&self.tokens).insert(text.clone(), Token::new(&spec, false).until(expires_at));
        self.remember(&text);
        Ok(Minted { token: text, expires_at, permissions: granted })
    }

    /// Everything secret about Apps so far: their keys, line by line too, their JWTs, and tokens that were minted,
    /// the expired and revoked ones as well.
    pub fn app_secrets(&self) -> Vec<String> {
        let mut secrets = lock(&self.app_secrets).clone();
        for app in lock(&self.apps).iter() {
            secrets.push(app.pem.clone());
            let lines = app.pem.lines().filter(|line| !line.starts_with("-----"));
            // The last line can be a few letters long, which are found anywhere.
            secrets.extend(lines.filter(|line| line.len() > 20).map(str::to_owned));
        }
        secrets
    }

    pub(crate) fn remember(&self, secret: &str) {
        lock(&self.app_secrets).push(secret.to_owned());
    }
}
