//! Making a repository, which the registry's own interface cannot do.

use aws_sdk_ecr::types::{ImageScanningConfiguration, ImageTagMutability};
use model::Failure;

use crate::{AccountId, Aws, CallError, Region, Session, diagnose::About, retry::Stop};

/// What a new repository is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepositoryOptions {
    /// Whether tags cannot be moved.
    pub immutable_tags: bool,
    /// Whether images are scanned when they are pushed.
    pub scan_on_push: bool,
}

/// Whether there was something to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    New,
    /// It was there already, maybe made by someone else at the same time; it is left as it is.
    AlreadyThere,
}

impl Aws {
    /// Makes the repository `name` in the registry of `account` in `region`. It may be called again: what is there
    /// already is not changed.
    pub async fn create_repository(
        &self,
        session: &Session,
        region: &Region,
        account: &AccountId,
        name: &str,
        options: RepositoryOptions,
    ) -> Result<Created, Failure> {
        let mutability =
            if options.immutable_tags { ImageTagMutability::Immutable } else { ImageTagMutability::Mutable };
        let scanning = ImageScanningConfiguration::builder().scan_on_push(options.scan_on_push).build();
        let client = self.ecr(region, &session.keys);
        let call = async |_| {
            let request = client
                .create_repository()
                .registry_id(account.as_str())
                .repository_name(name)
                .image_tag_mutability(mutability.clone())
                .image_scanning_configuration(scanning.clone());
            match request.send().await {
                Ok(_) => Ok(Created::New),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(aws_sdk_ecr::operation::create_repository::CreateRepositoryError::is_repository_already_exists_exception) =>
                {
                    Ok(Created::AlreadyThere)
                }
                Err(error) => Err(Stop::Call(CallError::new("ECR", "CreateRepository", &error))),
            }
        };
        let about =
            About { caller: Some(session.arn.clone()), region: region.to_string(), ..About::default() };
        self.until_done("create repository", call, &about).await
    }
}
