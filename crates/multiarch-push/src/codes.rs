//! The failures that only this action has.

use model::{Code, Exit};

/// A Dockerfile has an instruction that cannot be carried out without running something.
pub const DOCKERFILE_NEEDS_BUILDER: Code = Code {
    id: "dockerfile-needs-builder",
    exit: Exit::Input,
    meaning: "The Dockerfile has an instruction, such as RUN, that needs a builder, and none may or can be used.",
    remedy: "Install `docker buildx`, `buildctl` or `buildah` on the runner, or do this step in the workflow and COPY its result.",
};
/// A Dockerfile is not valid.
pub const DOCKERFILE_INVALID: Code = Code {
    id: "dockerfile-invalid",
    exit: Exit::Input,
    meaning: "The Dockerfile has a line that is not valid.",
    remedy: "Correct the line that is named.",
};
/// A file that an image is to be made of is not there.
pub const CONTEXT_MISSING: Code = Code {
    id: "context-missing",
    exit: Exit::Input,
    meaning: "The context, the Dockerfile, or a file that it copies does not exist, or cannot be put into an image.",
    remedy: "Check the path, `.dockerignore`, and that the repository is checked out before this step.",
};
/// A base image does not exist.
pub const BASE_NOT_FOUND: Code = Code {
    id: "base-not-found",
    exit: Exit::Input,
    meaning: "A base image does not exist, or may not be read with the credentials at hand.",
    remedy: "Check the name and tag in FROM, and that the runner is logged in to its registry.",
};
/// A base image lacks a platform.
pub const PLATFORM_NOT_IN_BASE: Code = Code {
    id: "platform-not-in-base",
    exit: Exit::Input,
    meaning: "A base image has no variant for a platform that was asked for.",
    remedy: "Leave the platform out of `platforms`, or choose a base image that has it.",
};
/// The repository does not exist in the registry.
pub const REPOSITORY_MISSING: Code = Code {
    id: "repository-missing",
    exit: Exit::Remote,
    meaning: "The repository that is pushed to does not exist in the registry.",
    remedy: "Create the repository, or a repository creation template for `CREATE_ON_PUSH`.",
};
/// The registry knows no valid credential.
pub const REGISTRY_UNAUTHORIZED: Code = Code {
    id: "registry-unauthorized",
    exit: Exit::Remote,
    meaning: "The registry refused the credential, or there is none for it, or it has expired.",
    remedy: "Run `oidc-ecr-login` in an earlier step of the same job.",
};
/// The registry forbids it.
pub const REGISTRY_DENIED: Code = Code {
    id: "registry-denied",
    exit: Exit::Remote,
    meaning: "The registry knows the caller and does not allow the call (HTTP 403, or 401 to a token that is good).",
    remedy: "Allow the role to push: ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and ecr:PutImage on this repository.",
};
/// The tag is taken, and `on-existing` is `fail`.
pub const TAG_EXISTS: Code = Code {
    id: "tag-exists",
    exit: Exit::Refused,
    meaning: "The tag exists already and `on-existing` is `fail`.",
    remedy: "Choose another tag, or another `on-existing`.",
};
/// The tag is taken by another image.
pub const TAG_EXISTS_DIFFERENT: Code = Code {
    id: "tag-exists-different",
    exit: Exit::Refused,
    meaning: "The tag exists already and names another image.",
    remedy: "Push under a new tag. If the tag may move, list it in `moving-tags`; to replace it once, set `on-existing: overwrite`.",
};
/// The registry keeps the tag.
pub const TAG_IMMUTABLE: Code = Code {
    id: "tag-immutable",
    exit: Exit::Refused,
    meaning: "The repository's tags are immutable, and the tag names another image.",
    remedy: "Push under a new tag. For a tag that must move, exclude it in the repository (`IMMUTABLE_WITH_EXCLUSION`).",
};
/// A layout cannot be used.
pub const LAYOUT_INVALID: Code = Code {
    id: "layout-invalid",
    exit: Exit::Input,
    meaning: "The directory is not an OCI image layout, or lacks a blob that its index names.",
    remedy: "Let the tool that wrote it write it again, as an OCI layout (`type=oci`).",
};
/// Layouts do not fit together.
pub const LAYOUT_CONFLICT: Code = Code {
    id: "layout-conflict",
    exit: Exit::Input,
    meaning: "Layouts that are to become one image have different images for one platform, or one that says no platform.",
    remedy: "Give one layout for each platform, each written by the same commit's build.",
};
/// What is to be promoted is not there.
pub const SOURCE_NOT_FOUND: Code = Code {
    id: "promoted-not-found",
    exit: Exit::Input,
    meaning: "The image in `from` does not exist, or may not be read with the credentials at hand.",
    remedy: "Check repository and digest, and that the runner is logged in to the registry of the source as well.",
};
/// A bill of materials cannot be attached.
pub const SBOM_INVALID: Code = Code {
    id: "sbom-invalid",
    exit: Exit::Input,
    meaning: "The file in `sbom` cannot be read, or is neither SPDX nor CycloneDX as JSON.",
    remedy: "Give the file that an SBOM generator wrote, such as `syft -o spdx-json=sbom.json`.",
};
/// Content differs from its digest.
pub const DIGEST_MISMATCH: Code = Code {
    id: "digest-mismatch",
    exit: Exit::Remote,
    meaning: "Content is not what its digest says.",
    remedy: "Run again; if it persists, the file or the registry's copy is damaged.",
};
/// The registry misses what a manifest names.
pub const REFERENCE_MISSING: Code = Code {
    id: "reference-missing",
    exit: Exit::Remote,
    meaning: "The registry refused a manifest because a blob or image that it names is not there.",
    remedy: "Run again: what is missing is sent again. If it persists, a lifecycle policy may be deleting layers.",
};
/// The registry asked to slow down until the time was over.
pub const RATE_LIMITED: Code = Code {
    id: "registry-rate-limited",
    exit: Exit::Remote,
    meaning: "The registry kept answering 429 until the deadline.",
    remedy: "Raise `timeout`, or ask for a higher rate.",
};
/// The registry or the repository is full.
pub const REGISTRY_QUOTA: Code = Code {
    id: "registry-quota",
    exit: Exit::Remote,
    meaning: "The registry stores or gives no more: a quota of images, tags, repositories or pulls is used up.",
    remedy: "Add a lifecycle policy that deletes old images, or ask for a higher quota.",
};
/// The registry did not take a blob.
pub const UPLOAD_REFUSED: Code = Code {
    id: "registry-upload-refused",
    exit: Exit::Remote,
    meaning: "The registry gave up uploads of a blob, each of which was begun anew.",
    remedy: "Run again; if it persists, something between this runner and the registry changes or cuts requests.",
};
/// The registry does not store such manifests.
pub const MANIFEST_REFUSED: Code = Code {
    id: "manifest-refused",
    exit: Exit::Remote,
    meaning: "The registry does not store manifests of this shape (HTTP 405), such as those with a subject.",
    remedy: "Push without `sbom`, `provenance` and `referrers`, or to a registry that stores OCI 1.1 artifacts.",
};
/// The registry kept failing.
pub const REGISTRY_UNAVAILABLE: Code = Code {
    id: "registry-unavailable",
    exit: Exit::Remote,
    meaning: "The registry kept answering with errors of its own (5xx).",
    remedy: "Run again later; see the status page of the registry.",
};
/// A builder failed.
pub const BUILDER_FAILED: Code = Code {
    id: "builder-failed",
    exit: Exit::Remote,
    meaning: "`docker buildx`, `buildctl` or `buildah` ended with an error.",
    remedy: "See the builder's own lines in the log.",
};

const OWN: &[&Code] = &[
    &DOCKERFILE_NEEDS_BUILDER,
    &DOCKERFILE_INVALID,
    &CONTEXT_MISSING,
    &BASE_NOT_FOUND,
    &PLATFORM_NOT_IN_BASE,
    &REPOSITORY_MISSING,
    &REGISTRY_UNAUTHORIZED,
    &REGISTRY_DENIED,
    &TAG_EXISTS,
    &TAG_EXISTS_DIFFERENT,
    &TAG_IMMUTABLE,
    &LAYOUT_INVALID,
    &LAYOUT_CONFLICT,
    &SOURCE_NOT_FOUND,
    &SBOM_INVALID,
    &DIGEST_MISMATCH,
    &REFERENCE_MISSING,
    &RATE_LIMITED,
    &REGISTRY_QUOTA,
    &UPLOAD_REFUSED,
    &MANIFEST_REFUSED,
    &REGISTRY_UNAVAILABLE,
    &BUILDER_FAILED,
];

/// All of this action, and AWS's, which signs in again and makes repositories.
pub const ALL: &[&Code] = &with_those_of_aws();

const fn with_those_of_aws() -> [&'static Code; OWN.len() + aws::codes::ALL.len()] {
    let mut all = [OWN[0]; OWN.len() + aws::codes::ALL.len()];
    let mut index = 0;
    while index < all.len() {
        all[index] = if index < OWN.len() { OWN[index] } else { aws::codes::ALL[index - OWN.len()] };
        index += 1;
    }
    all
}
