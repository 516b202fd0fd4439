//! What ECR's interfaces refuse, the private and the public one.

use model::Failure;
use serde_json::json;

use super::{About, denial, is_public};
use crate::{CallError, codes};

pub(super) fn explain(
    error: &CallError,
    code: &str,
    message: &str,
    said: &str,
    about: &About,
) -> Option<Failure> {
    let (service, operation) = (error.service, error.operation);
    let refused = |code| Some(Failure::new(code, format!("{service} refused {operation}: {said}")));
    match code {
        "AccessDeniedException" | "AccessDenied" => Some(denied(error, message, about)),
        "RepositoryNotFoundException" => refused(&codes::REPOSITORY_MISSING),
        "LimitExceededException" if operation == "CreateRepository" => refused(&codes::ECR_QUOTA),
        "InvalidParameterException" if message.contains("registryId") => Some(
            Failure::new(&codes::REQUEST_REJECTED, format!("{service} refused {operation}: {said}")).with_remedy(
                "Quote account ids in YAML: without quotes a leading zero is lost, and an id has 12 digits.",
            ),
        ),
        "UnsupportedCommandException" => refused(&codes::REQUEST_REJECTED),
        _ => None,
    }
}

fn denied(error: &CallError, message: &str, about: &About) -> Failure {
    let caller = about.caller.as_deref().or(about.role.as_deref()).unwrap_or("the identity");
    let operation = error.operation;
    let prefix = if is_public(error) { "ecr-public" } else { "ecr" };
    let mut actions = vec![format!("{prefix}:{operation}")];
    if is_public(error) {
        actions.push("sts:GetServiceBearerToken".to_owned());
    }
    // A token is for no repository in particular, and a repository that is to be made has no ARN that is known here.
    let action = match actions.as_slice() {
        [one] => json!(one),
        all => json!(all),
    };
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
    let text = serde_json::to_string_pretty(&statement).unwrap_or_default();
    let what = match operation {
        "GetAuthorizationToken" => format!("may not ask {} for a token", error.service),
        operation => format!("may not call {operation} of {}", error.service),
    };
    let failure = Failure::new(&codes::ECR_ACCESS_DENIED, format!("{caller} {what}: {message}"))
        .with_note(format!("The statement that is missing:\n{text}"));
    let failure = denial::reason(message).map(str::to_owned).into_iter().fold(failure, Failure::with_note);
    if denial::is_by_session(message) { failure.with_remedy(denial::WIDEN) } else { failure }
}
