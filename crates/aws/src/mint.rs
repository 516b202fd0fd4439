//! A new credential for a registry whose old one is over.

use model::Failure;

use crate::{Aws, RecipeEntry, Session, Token};

impl Aws {
    /// Signs in as the recipe says and asks for a credential for its registry.
    pub async fn mint(&self, entry: &RecipeEntry) -> Result<(Session, Token), Failure> {
        let session = self.sign_in(&entry.identity, &entry.region).await?;
        let token = if entry.is_public() {
            self.public_token(&session).await?
        } else {
            self.registry_token(&session, &entry.region).await?
        };
        Ok((session, token))
    }
}
