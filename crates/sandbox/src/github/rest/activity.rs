//! `GET /repos/{owner}/{repo}/activity`
//! (<https://docs.github.com/en/rest/repos/repos#list-repository-activities>).

use axum::{Json, response::IntoResponse as _};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{Context, Reply, Role, page::Page};
use crate::{
    faults::lock,
    github::{activity::Activity, clock, error::ApiError, render},
};

const PAGE: &str = "repos/repos#list-repository-activities";
const DAY: u64 = 86_400;
const PERIODS: &[(&str, u64)] =
    &[("day", DAY), ("week", 7 * DAY), ("month", 30 * DAY), ("quarter", 91 * DAY), ("year", 365 * DAY)];
const KINDS: &[&str] =
    &["push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge"];

pub(super) async fn list(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let wanted = Wanted::of(&context)?;
    let mut found: Vec<Activity> =
        lock(&repository.data).activities.iter().filter(|one| wanted.includes(one)).cloned().collect();
    if wanted.newest_first {
        found.reverse();
    }
    let (page, has_previous, has_next) = cut(&context, found);
    let link = link(&context, &page, has_previous, has_next);
    let shown: Vec<Value> = page.iter().map(|one| show(&context, one)).collect();
    let mut response = Json(shown).into_response();
    if let Some(link) = link.and_then(|link| link.parse().ok()) {
        response.headers_mut().insert(http::header::LINK, link);
    }
    Ok(response)
}

/// What the query asks for.
struct Wanted {
    reference: Option<String>,
    actor: Option<String>,
    kind: Option<String>,
    since: u64,
    newest_first: bool,
}

impl Wanted {
    fn of(context: &Context) -> Result<Self, ApiError> {
        let one_of = |name: &str, allowed: &[&str]| match context.parameter(name) {
            Some(text) if !allowed.contains(&text) => {
                let text = format!(
                    "For 'properties/{name}', \"{text}\" is not a possible value. Must be one of: {}.",
                    allowed.join(", ")
                );
                Err(ApiError::invalid_request(&text).documented(PAGE))
            }
            found => Ok(found.map(str::to_owned)),
        };
        let periods: Vec<&str> = PERIODS.iter().map(|(name, _)| *name).collect();
        let period = one_of("time_period", &periods)?;
        let length = PERIODS.iter().find(|(name, _)| period.as_deref() == Some(name));
        let full = |name: &str| {
            if name.starts_with("refs/") { name.to_owned() } else { format!("refs/heads/{name}") }
        };
        Ok(Self {
            reference: context.parameter("ref").map(full),
            actor: context.parameter("actor").map(str::to_owned),
            kind: one_of("activity_type", KINDS)?,
            since: length.map_or(0, |(_, seconds)| context.github().clock.seconds().saturating_sub(*seconds)),
            newest_first: one_of("direction", &["asc", "desc"])?.as_deref() != Some("asc"),
        })
    }

    fn includes(&self, one: &Activity) -> bool {
        self.reference.as_ref().is_none_or(|name| one.reference == *name)
            && self.actor.as_ref().is_none_or(|login| one.actor.eq_ignore_ascii_case(login))
            && self.kind.as_ref().is_none_or(|kind| one.kind.name() == kind)
            && one.at >= self.since
    }
}

/// A place in the list, which means nothing to clients.
fn cursor(one: &Activity) -> String {
    BASE64_STANDARD.encode(format!("activity:{}", one.id))
}

/// Cuts the page after the cursor `after`, or before `before`; and says whether there are items on either side.
fn cut(context: &Context, mut found: Vec<Activity>) -> (Vec<Activity>, bool, bool) {
    let size = Page::of(context).size;
    let place = |name: &str| {
        let wanted = context.parameter(name)?;
        found.iter().position(|one| cursor(one) == wanted)
    };
    let start = match (place("after"), place("before")) {
        (Some(after), _) => after + 1,
        (None, Some(before)) => before.saturating_sub(size),
        (None, None) => 0,
    };
    let end = place("before").filter(|_| place("after").is_none()).unwrap_or(start + size).min(found.len());
    let has_next = end < found.len();
    found.truncate(end);
    (found.split_off(start), start > 0, has_next)
}

/// The `Link` header; `None` when all is on one page.
fn link(context: &Context, page: &[Activity], has_previous: bool, has_next: bool) -> Option<String> {
    let url = |name: &str, one: &Activity| {
        let mut others: Vec<_> =
            context.query.iter().filter(|(name, _)| !matches!(name.as_str(), "after" | "before")).collect();
        others.sort();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(others).append_pair(name, &cursor(one)).finish();
        format!("<{}?{query}>; rel=\"{}\"", context.url, if name == "after" { "next" } else { "prev" })
    };
    let next = page.last().filter(|_| has_next).map(|last| url("after", last));
    let previous = page.first().filter(|_| has_previous).map(|first| url("before", first));
    let links: Vec<String> = next.into_iter().chain(previous).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

fn show(context: &Context, one: &Activity) -> Value {
    json!({
        "id": one.id,
        "node_id": render::node_id("RepositoryActivity", &one.id.to_string()),
        "before": one.before,
        "after": one.after,
        "ref": one.reference,
        "timestamp": clock::format(one.at),
        "activity_type": one.kind.name(),
        "actor": render::user(context.github(), &one.actor),
    })
}
