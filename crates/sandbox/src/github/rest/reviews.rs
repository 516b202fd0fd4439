//! Reviews of a pull request.

use serde_json::Value;

use super::{Context, Reply, Role, input::Input, ok, page, pulls::find};
use crate::github::{error::ApiError, render};

pub(super) async fn list(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let pull = find(&repository, context.number("number")?)?;
    let shown: Vec<Value> = pull
        .reviews
        .iter()
        .map(|review| render::review(context.github(), &repository, pull.number, review))
        .collect();
    Ok(page::paged(&context, shown))
}

pub(super) async fn create(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Read)?;
    let pull = find(&repository, context.number("number")?)?;
    let state = match input.text("event")?.as_deref() {
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        Some(other) => {
            let text = format!("For 'properties/event', \"{other}\" is not a possible value.");
            return Err(ApiError::invalid_request(&text));
        }
        None => return Err(ApiError::invalid_request("\"event\" wasn't supplied.")),
    };
    let actor = context.actor();
    if state == "APPROVED" && actor.login == pull.author {
        let mut refusal = ApiError::new(422, "Unprocessable Entity");
        refusal.errors = Some(Box::new(serde_json::json!(["Can not approve your own pull request"])));
        return Err(refusal);
    }
    let body = input.text("body")?.unwrap_or_default();
    let commit = input.text("commit_id")?;
    let review =
        context.github().review(&repository, pull.number, &actor, state, &body, commit.as_deref()).await?;
    ok(render::review(context.github(), &repository, pull.number, &review))
}
