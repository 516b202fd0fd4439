//! The texts by which registries refuse, and what each means. The specification has codes for few of them; ECR's texts
//! are known from its users' reports, which are named beside each.

use model::{Code, Failure};
use reqwest::StatusCode;

use crate::codes;

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There is no such repository.
    RepositoryMissing,
    /// The credential was good once.
    Expired,
    /// A policy does not allow the call.
    NotPermitted,
    /// The repository or the registry is full.
    Quota,
    /// The tag exists and the repository keeps it.
    TagImmutable,
    /// A manifest names what is not there.
    ReferenceMissing,
    /// The bytes are not what the digest says.
    DigestWrong,
    /// The upload session is no good any more; a fresh one may be.
    SessionSpoilt,
    /// So much was read that nothing is to be had for hours.
    PullLimit,
    /// Calls come too fast.
    TooFast,
    /// The registry does not store manifests of this shape.
    ShapeRefused,
}

/// A refusal that is known: by the registry's code, by words of its text, by its status; what is given must all hold.
struct Known {
    status: Option<u16>,
    code: &'static str,
    words: &'static [&'static str],
    meaning: Meaning,
}

const fn known(
    status: Option<u16>,
    code: &'static str,
    words: &'static [&'static str],
    meaning: Meaning,
) -> Known {
    Known { status, code, words, meaning }
}

/// The first that fits counts: texts before codes, since ECR uses one code for several things.
const ALL: &[Known] = &[
    // deis/builder#426: plain text.
    known(None, "", &["authorization token has expired"], Meaning::Expired),
    known(None, "", &["ExpiredToken"], Meaning::Expired),
    // moby/moby#24473, dotnet/sdk-container-builds#279.
    known(
        None,
        "",
        &["epository with name", "does not exist in the registry with id"],
        Meaning::RepositoryMissing,
    ),
    // cht-core#9175, and the repositories of a registry when a push makes one.
    known(None, "", &["maximum allowed number of"], Meaning::Quota),
    known(None, "", &["is not authorized to perform"], Meaning::NotPermitted),
    // docker/build-push-action#1042.
    known(None, "", &["cannot be overwritten because the repository is immutable"], Meaning::TagImmutable),
    known(None, "", &["tag is immutable"], Meaning::TagImmutable),
    // int128/docker-manifest-create-action#63, mapbox/ecs-conex#50.
    known(None, "", &["required for pushing image", "do not exist"], Meaning::ReferenceMissing),
    // GoogleContainerTools/kaniko#607, dotnet/sdk-container-builds#424, apple/container#1895.
    known(None, "", &["irst byte of the layer part is"], Meaning::SessionSpoilt),
    known(None, "", &["layer parts except the last part should be at least"], Meaning::SessionSpoilt),
    known(Some(416), "", &[], Meaning::SessionSpoilt),
    // aws/containers-roadmap#2783, moby/buildkit#5747.
    known(Some(405), "", &[], Meaning::ShapeRefused),
    // https://docs.docker.com/docker-hub/usage/pulls/: it lasts for hours, and comes with the code of what passes.
    known(None, "", &["pull rate limit"], Meaning::PullLimit),
    // mitogen-hq/mitogen#790.
    known(None, "", &["Rate exceeded"], Meaning::TooFast),
    known(None, "TOOMANYREQUESTS", &[], Meaning::TooFast),
    known(Some(429), "", &[], Meaning::TooFast),
    known(Some(404), "NAME_UNKNOWN", &[], Meaning::RepositoryMissing),
    known(None, "TAG_INVALID", &["immutable"], Meaning::TagImmutable),
    // Before DIGEST_INVALID: Docker's registry 2.8 says both of a manifest while another run writes one of its blobs.
    known(None, "MANIFEST_BLOB_UNKNOWN", &[], Meaning::ReferenceMissing),
    known(None, "BLOB_UNKNOWN", &[], Meaning::ReferenceMissing),
    known(None, "MANIFEST_UNKNOWN", &[], Meaning::ReferenceMissing),
    known(None, "DIGEST_INVALID", &[], Meaning::DigestWrong),
    known(None, "BLOB_UPLOAD_UNKNOWN", &[], Meaning::SessionSpoilt),
    known(None, "BLOB_UPLOAD_INVALID", &[], Meaning::SessionSpoilt),
];

/// Finds what a refusal means.
pub(super) fn meaning(status: StatusCode, codes: &[String], text: &str) -> Option<Meaning> {
    let fits = |known: &&Known| {
        known.status.is_none_or(|wanted| wanted == status.as_u16())
            && (known.code.is_empty() || codes.iter().any(|code| code == known.code))
            && known.words.iter().all(|words| text.contains(words))
    };
    ALL.iter().find(fits).map(|known| known.meaning)
}

impl Meaning {
    fn code(self) -> &'static Code {
        match self {
            Self::RepositoryMissing => &codes::REPOSITORY_MISSING,
            Self::Expired => &codes::REGISTRY_UNAUTHORIZED,
            Self::NotPermitted => &codes::REGISTRY_DENIED,
            Self::Quota | Self::PullLimit => &codes::REGISTRY_QUOTA,
            Self::TagImmutable => &codes::TAG_IMMUTABLE,
            Self::ReferenceMissing => &codes::REFERENCE_MISSING,
            Self::DigestWrong => &codes::DIGEST_MISMATCH,
            Self::SessionSpoilt => &codes::UPLOAD_REFUSED,
            Self::TooFast => &codes::RATE_LIMITED,
            Self::ShapeRefused => &codes::MANIFEST_REFUSED,
        }
    }

    /// Makes it a failure; `text` is what the registry said.
    pub(super) fn failure(self, cause: String, text: &str) -> Failure {
        let failure = Failure::new(self.code(), cause);
        match (self, action(text)) {
            (Self::Expired, _) => failure.with_remedy(
                "Run `oidc-ecr-login` again, shortly before this step: a token of ECR lasts 12 hours.",
            ),
            (Self::PullLimit, _) => failure.with_remedy(
                "Log in to this registry, which raises its limit, or take the image from a pull-through cache or a copy in a registry of your own.",
            ),
            (Self::NotPermitted, Some((action, resource))) => failure.with_remedy(format!(
                "Allow `{action}` on `{resource}`: in the role's policy, in its session policy if it has one, and in the repository's policy if that is in another account."
            )),
            _ => failure,
        }
    }
}

/// Reads which action on which resource IAM refused:
/// `User: … is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:… because …`.
fn action(text: &str) -> Option<(&str, &str)> {
    let rest = text.split_once("is not authorized to perform: ")?.1;
    let (action, rest) = rest.split_once(" on resource: ")?;
    Some((action, rest.split_whitespace().next()?.trim_end_matches([',', '.'])))
}

#[cfg(test)]
mod tests {
    use super::super::refusal::Refusal;

    /// Status, code, text, and what is said of it. Without a code, the body is the text.
    const TEXTS: &[(u16, &str, &str, &str, &str)] = &[
        (
            404,
            "NAME_UNKNOWN",
            "The repository with name 'r' does not exist in the registry with id '1'",
            "repository-missing",
            "Create the repository",
        ),
        (
            404,
            "",
            "name unknown: The repository with name 'r' does not exist in the registry with id '1'",
            "repository-missing",
            "Create the repository",
        ),
        (
            400,
            "TAG_INVALID",
            "The image tag 't' already exists in the 'r' repository and cannot be overwritten because the repository is immutable.",
            "tag-immutable",
            "Push under a new tag",
        ),
        (
            404,
            "MANIFEST_BLOB_UNKNOWN",
            "Images with digests '[x]' required for pushing image into repository with name 'r' in the registry with id '1' do not exist",
            "reference-missing",
            "Run again",
        ),
        (
            404,
            "BLOB_UPLOAD_UNKNOWN",
            "Layers with digests '[x]' required for pushing image into repository with name 'r' in the registry with id '1' do not exist",
            "reference-missing",
            "Run again",
        ),
        (
            404,
            "BLOB_UPLOAD_UNKNOWN",
            "The upload with id 'x' could not be found",
            "registry-upload-refused",
            "Run again",
        ),
        (
            400,
            "BLOB_UPLOAD_INVALID",
            "First byte of the layer part is 1 instead of 2",
            "registry-upload-refused",
            "Run again",
        ),
        (416, "", "", "registry-upload-refused", "Run again"),
        (
            400,
            "",
            "LayerPartTooSmallException: All layer parts except the last part should be at least 5MB",
            "registry-upload-refused",
            "Run again",
        ),
        (429, "TOOMANYREQUESTS", "Rate exceeded", "registry-rate-limited", "Raise `timeout`"),
        (503, "", "toomanyrequests: Rate exceeded", "registry-rate-limited", "Raise `timeout`"),
        (
            429,
            "TOOMANYREQUESTS",
            "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
            "registry-quota",
            "Log in",
        ),
        (429, "", "", "registry-rate-limited", "Raise `timeout`"),
        (503, "", "<html>", "registry-unavailable", "Run again later"),
        (
            403,
            "",
            "denied: Your authorization token has expired. Reauthenticate and try again.",
            "registry-unauthorized",
            "12 hours",
        ),
        (
            403,
            "DENIED",
            "Your authorization token has expired. Reauthenticate and try again.",
            "registry-unauthorized",
            "12 hours",
        ),
        (401, "", "Not Authorized", "registry-unauthorized", "Run `oidc-ecr-login`"),
        (
            403,
            "DENIED",
            "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-central-1:1:repository/r because no identity-based policy allows the ecr:PutImage action",
            "registry-denied",
            "Allow `ecr:PutImage` on `arn:aws:ecr:eu-central-1:1:repository/r`",
        ),
        (
            403,
            "DENIED",
            "The repository with name 'r' in registry with id '1' already has the maximum allowed number of images which is '10000'",
            "registry-quota",
            "quota",
        ),
        (403, "DENIED", "no", "registry-denied", "ecr:PutImage"),
        (
            405,
            "UNSUPPORTED",
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
            "manifest-refused",
            "referrers",
        ),
        (
            400,
            "DIGEST_INVALID",
            "provided digest did not match uploaded content",
            "digest-mismatch",
            "Run again",
        ),
        (400, "TAG_INVALID", "invalid tag name", "unexpected-reply", ""),
        (400, "MANIFEST_INVALID", "x", "unexpected-reply", ""),
    ];

    #[test]
    fn a_blob_that_another_run_is_writing_is_missing_and_not_wrong() {
        let codes = ["DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN"].map(str::to_owned);
        let meaning = super::meaning(reqwest::StatusCode::BAD_REQUEST, &codes, "");
        assert_eq!(meaning, Some(super::Meaning::ReferenceMissing));
    }

    #[test]
    fn every_known_text_has_a_code_and_a_remedy() {
        for (status, code, text, id, remedy) in TEXTS {
            let body = match *code {
                "" => format!("{text}\n"),
                code => serde_json::json!({"errors": [{"code": code, "message": text}]}).to_string(),
            };
            let refusal = Refusal::new(reqwest::StatusCode::from_u16(*status).unwrap(), body.as_bytes());
            let failure = refusal.into_failure("a manifest", &"a.example/r".parse().unwrap());
            assert_eq!(failure.code.id, *id, "{status} {body}");
            assert!(failure.remedy.contains(remedy), "{status} {body}: {}", failure.remedy);
            assert!(failure.cause.contains(text), "{status} {body}: {}", failure.cause);
        }
    }
}
