//! What a test may change about the registry's habits.

/// The account that owns every repository of the sandbox.
pub const ACCOUNT: &str = "123456789012";

/// The region of the registry.
pub const REGION: &str = "eu-central-1";

/// How clients prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// ECR: `Basic AWS:<password>` on every request.
    #[default]
    Basic,
    /// Docker Hub and public ECR: a bearer token from `/token`, for anonymous clients too.
    Bearer,
}

/// The registry's habits. The default is a private ECR registry as AWS sets it up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// How clients prove who they are.
    pub auth: Auth,
    /// The account setting `BLOB_MOUNTING`, which is off until somebody enables it.
    pub mount: bool,
    /// Whether a push makes a repository that does not exist (`CREATE_ON_PUSH`).
    pub create_on_push: bool,
    /// Whether the `Location` of an upload is a path; an absolute URL otherwise.
    pub relative_locations: bool,
    /// Whether a blob is served by a redirect to another host that refuses `Authorization`, as ECR does with S3.
    pub redirect_blobs: bool,
    /// Whether manifests with `artifactType` or `subject` are refused with 405 (containers-roadmap#2783).
    pub refuse_artifacts: bool,
}
