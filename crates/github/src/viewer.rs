//! Whose token it is.

use serde_json::json;

use crate::{ApiError, Call, GitHub, GraphqlError};

const VIEWER: &str = "query Viewer { viewer { login } }";

/// The login of the token's account, such as `github-actions[bot]` for a workflow's own token
/// (<https://docs.github.com/en/graphql/reference/queries#viewer>). Needs no permission.
pub async fn viewer(github: &GitHub) -> Result<String, GraphqlError> {
    let data = github.read_graphql(VIEWER, json!({})).await?;
    data["viewer"]["login"].as_str().map(str::to_owned).ok_or_else(|| {
        let call = Call { method: http::Method::POST, path: "/graphql (query Viewer)".to_owned() };
        ApiError::Malformed { call, cause: "the reply has no `viewer.login`".to_owned() }.into()
    })
}
