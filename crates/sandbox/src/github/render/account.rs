//! `simple-user`.

use serde_json::{Value, json};

use super::node_id;
use crate::github::State;

/// `simple-user`.
pub(crate) fn user(state: &State, login: &str) -> Value {
    let user = state.user(login);
    let (api, web) =
        (format!("{}/users/{login}", state.urls.github), format!("{}/{login}", state.urls.github));
    json!({
        "login": login,
        "id": user.id,
        "node_id": node_id(user.kind, &user.id.to_string()),
        "avatar_url": format!("{}/avatars/u/{}", state.urls.github, user.id),
        "gravatar_id": "",
        "url": api,
        "html_url": web,
        "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"),
        "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"),
        "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": user.kind,
        "user_view_type": "public",
        "site_admin": false,
    })
}
