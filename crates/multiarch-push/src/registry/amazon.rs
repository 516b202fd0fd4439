//! What Amazon does for its registries besides storing images: a new credential in the middle of a push (a token of ECR
//! lasts twelve hours, and a configuration may be older), and a repository that is missing.

use std::fmt;

use aws::{Aws, PUBLIC_GALLERY, Recipe, RecipeEntry, RegistryHost, RepositoryOptions};
use model::{Deadline, Failure, ImageName};
use toolkit::Host;

use super::keychain::{Credential, Keychain};
use crate::codes;

/// The ways to Amazon from here.
#[derive(Clone)]
pub(crate) struct Amazon {
    host: Host,
}

impl fmt::Debug for Amazon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Amazon")
    }
}

impl Amazon {
    /// Takes the ways from the environment of `host`, which masks what is made.
    pub(crate) fn new(host: &Host) -> Self {
        Self { host: host.clone() }
    }

    /// Makes a credential for a registry, by its host and port; none if there is no way to.
    pub(super) async fn mint(
        &self,
        registry: &str,
        deadline: Deadline,
    ) -> Result<Option<Credential>, Failure> {
        let credential = match Keychain::load(self.host.env())?.helped(registry).await {
            // A helper program makes a token whenever it is asked.
            Some(credential) => credential,
            None => match self.entry(registry)? {
                Some(entry) => {
                    let (_, token) = self.aws(deadline)?.mint(&entry).await?;
                    let Some(password) = aws::password(&token.auth) else { return Ok(None) };
                    Credential { user: "AWS".to_owned(), password }
                }
                None => return Ok(None),
            },
        };
        self.host.mask(&credential.password);
        Ok(Some(credential))
    }

    /// Makes a repository, with the settings that AWS gives it by default.
    pub(crate) async fn create_repository(
        &self,
        image: &ImageName,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let registry = image.registry();
        if name(registry) == PUBLIC_GALLERY {
            let text = format!("there is no repository `{}` in {registry}", image.repository());
            return Err(Failure::new(&codes::REPOSITORY_MISSING, text).with_remedy(
                "Make it with `aws ecr-public create-repository`: `create-repository` makes private ones only.",
            ));
        }
        let Some(entry) = self.entry(registry)? else {
            let text = format!(
                "there is no repository `{}` in {registry}, and no way to make it",
                image.repository()
            );
            return Err(Failure::new(&codes::REPOSITORY_MISSING, text).with_remedy(
                "Run `oidc-ecr-login` in an earlier step of the same job, or create the repository; repositories are made in ECR only.",
            ));
        };
        let aws = self.aws(deadline)?;
        let session = aws.sign_in(&entry.identity, &entry.region).await?;
        let account = RegistryHost::parse(name(registry)).map(|host| host.account().clone());
        let account = account.unwrap_or_else(|| session.account.clone());
        let options = RepositoryOptions::default();
        aws.create_repository(&session, &entry.region, &account, image.repository(), options).await?;
        self.host.info(&format!("the repository {image} was made"));
        Ok(())
    }

    /// Finds how to sign in: as a login of ours did, else as the environment says, for registries of Amazon's.
    fn entry(&self, registry: &str) -> Result<Option<RecipeEntry>, Failure> {
        let env = self.host.env();
        let path = Keychain::path(env);
        let recipe = path.as_deref().and_then(|path| path.parent()).map(Recipe::read).transpose()?.flatten();
        if let Some(entry) = recipe.as_ref().and_then(|recipe| recipe.entry(registry, &aws::job(env))) {
            return Ok(Some(entry.clone()));
        }
        let name = name(registry);
        let is_amazon = name == PUBLIC_GALLERY || RegistryHost::parse(name).is_some();
        Ok(is_amazon.then(|| RecipeEntry::of_environment(env, registry)).flatten())
    }

    fn aws(&self, deadline: Deadline) -> Result<Aws, Failure> {
        Aws::open(&self.host, deadline)
    }
}

/// Returns a registry's name without its port.
fn name(registry: &str) -> &str {
    registry.split(':').next().unwrap_or(registry)
}
