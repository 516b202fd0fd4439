//! What a role may do with the registry's repositories: the part of its permissions that names resources.

use super::policy::like;

/// Reading an image.
const PULL: &[&str] = &[
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:ListImageReferrers",
    "ecr:ListImages",
];
/// Writing one.
const PUSH: &[&str] =
    &["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"];

/// Repositories of a role by what it may do with them; `*` in a name is any text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// May be pushed to, and pulled from.
    pub push: Vec<String>,
    /// May be pulled from.
    pub pull: Vec<String>,
}

impl Grants {
    /// Makes grants of these names.
    pub fn new(push: &[&str], pull: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self { push: owned(push), pull: owned(pull) }
    }

    /// Whether `action` on `repository` is granted. Actions that neither push nor pull are not theirs to grant.
    pub(super) fn allow(&self, action: &str, repository: &str) -> bool {
        let among = |names: &[String]| names.iter().any(|name| like(name, repository));
        if PUSH.contains(&action) {
            return among(&self.push);
        }
        !PULL.contains(&action) || among(&self.push) || among(&self.pull)
    }
}

#[cfg(test)]
mod tests {
    use super::Grants;

    #[test]
    fn pushing_includes_pulling_and_not_the_other_way_round() {
        let grants = Grants::new(&["product/dev"], &["base/*"]);
        for (action, repository, expected) in [
            ("ecr:PutImage", "product/dev", true),
            ("ecr:BatchGetImage", "product/dev", true),
            ("ecr:BatchGetImage", "base/python", true),
            ("ecr:InitiateLayerUpload", "base/python", false),
            ("ecr:PutImage", "product/prod", false),
            ("ecr:BatchGetImage", "product/prod", false),
            ("ecr:DescribeRepositories", "product/prod", true),
        ] {
            assert_eq!(grants.allow(action, repository), expected, "{action} {repository}");
        }
    }
}
