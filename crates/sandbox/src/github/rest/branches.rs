//! Branches and the rules that hold on them.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{Context, Reply, Role, ok, page};
use crate::{
    faults::lock,
    github::{error::ApiError, render, repository::Data, rules::BranchRules},
};

/// `protection` of a branch: what everybody may know about classic protection and rulesets alike.
fn protection(data: &Data, branch: &str) -> Value {
    let mut contexts: Vec<&String> = Vec::new();
    for rules in data.rules.iter().filter(|rules| rules.applies_to(branch)) {
        contexts.extend(&rules.required_checks);
    }
    let level = if contexts.is_empty() { "off" } else { "non_admins" };
    let checks: Vec<Value> = contexts.iter().map(|name| json!({ "context": name, "app_id": null })).collect();
    json!({
        "enabled": data.is_protected(branch),
        "required_status_checks": { "enforcement_level": level, "contexts": contexts, "checks": checks },
    })
}

pub(super) async fn list(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let api = format!("{}/repos/{}", context.world.urls.github, repository.slug());
    let refs = repository.git.refs("refs/heads/").await?;
    let data = lock(&repository.data);
    let shown: Vec<Value> = refs
        .iter()
        .filter_map(|(name, sha)| Some((name.strip_prefix("refs/heads/")?, sha)))
        .map(|(name, sha)| {
            json!({
                "name": name,
                "commit": { "sha": sha, "url": format!("{api}/commits/{sha}") },
                "protected": data.is_protected(name),
                "protection": protection(&data, name),
                "protection_url": format!("{api}/branches/{name}/protection"),
            })
        })
        .collect();
    drop(data);
    Ok(page::paged(&context, shown))
}

pub(super) async fn one(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let name = context.part("branch");
    if let Some(branch) = name.strip_suffix("/protection")
        && repository.git.branch(name).await?.is_none()
    {
        return protection_settings(&context, branch);
    }
    let renamed = lock(&repository.data).renamed.get(name).cloned();
    if let Some(to) = renamed.filter(|to| to != name)
        && repository.git.branch(name).await?.is_none()
    {
        return Ok(moved(&context, &repository.slug(), &to));
    }
    let missing = || ApiError::new(404, "Branch not found").documented("branches/branches#get-a-branch");
    let sha = repository.git.branch(name).await?.ok_or_else(missing)?;
    let commit = repository.git.commit(&sha).await?.ok_or_else(missing)?;
    let commit = render::commit(context.github(), &repository, &commit);
    let data = lock(&repository.data);
    let slug = repository.slug();
    let api = format!("{}/repos/{slug}/branches/{name}", context.world.urls.github);
    ok(json!({
        "name": name,
        "commit": commit,
        "_links": { "self": api, "html": format!("{}/{slug}/tree/{name}", context.world.urls.github) },
        "protected": data.is_protected(name),
        "protection": protection(&data, name),
        "protection_url": format!("{api}/protection"),
    }))
}

/// The reply about a branch that was renamed.
fn moved(context: &Context, slug: &str, to: &str) -> Response {
    let url = format!("{}/repos/{slug}/branches/{to}", context.world.urls.github);
    let mut body = super::message("Moved Permanently");
    body["url"] = json!(url);
    body["documentation_url"] =
        json!("https://docs.github.com/rest/guides/best-practices-for-integrators#follow-redirects");
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, url)], Json(body)).into_response()
}

/// `GET …/protection` needs `administration: read`, which a `GITHUB_TOKEN` can never have.
fn protection_settings(context: &Context, branch: &str) -> Reply {
    let repository = context.repository(Role::Admin)?;
    let data = lock(&repository.data);
    let found = data.rules.iter().find(|rules| rules.classic && rules.applies_to(branch));
    let Some(rules) = found else { return Err(ApiError::new(404, "Branch not protected")) };
    let repo = format!("{}/repos/{}", context.world.urls.github, repository.slug());
    let url = format!("{repo}/branches/{branch}/protection");
    let mut value = json!({
        "url": url,
        "enforce_admins": { "url": format!("{url}/enforce_admins"), "enabled": true },
        "required_linear_history": { "enabled": rules.linear_history },
        "allow_force_pushes": { "enabled": !rules.refuse_force_push },
        "allow_deletions": { "enabled": !rules.refuse_force_push },
    });
    if rules.require_pull_request {
        value["required_pull_request_reviews"] = json!({
            "dismiss_stale_reviews": false,
            "require_code_owner_reviews": false,
            "required_approving_review_count": rules.required_approvals,
        });
    }
    ok(value)
}

pub(super) async fn rules(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let branch = context.part("branch");
    let slug = repository.slug();
    let data = lock(&repository.data);
    // Classic protection is not among the rules: they are those of rulesets.
    let of_rulesets = data.rules.iter().enumerate().filter(|(_, rules)| !rules.classic);
    let shown: Vec<Value> = of_rulesets
        .filter(|(_, rules)| rules.applies_to(branch))
        .flat_map(|(at, rules)| active(rules, &slug, at as u64 + 1))
        .collect();
    drop(data);
    Ok(page::paged(&context, shown))
}

/// One ruleset as a list of active rules.
fn active(rules: &BranchRules, slug: &str, ruleset: u64) -> Vec<Value> {
    let mut list = Vec::new();
    let mut rule = |kind: &str, parameters: Option<Value>| {
        let mut value = json!({
            "type": kind,
            "ruleset_source_type": "Repository",
            "ruleset_source": slug,
            "ruleset_id": ruleset,
        });
        if let Some(parameters) = parameters {
            value["parameters"] = parameters;
        }
        list.push(value);
    };
    if rules.refuse_force_push {
        rule("deletion", None);
        rule("non_fast_forward", None);
    }
    if rules.linear_history {
        rule("required_linear_history", None);
    }
    if rules.merge_queue {
        let parameters = json!({
            "check_response_timeout_minutes": 60,
            "grouping_strategy": "ALLGREEN",
            "max_entries_to_build": 5,
            "max_entries_to_merge": 5,
            "merge_method": "MERGE",
            "min_entries_to_merge": 1,
            "min_entries_to_merge_wait_minutes": 5,
        });
        rule("merge_queue", Some(parameters));
    }
    if rules.require_pull_request || rules.required_approvals > 0 {
        let all = || ["merge", "squash", "rebase"].map(str::to_owned).to_vec();
        let methods = if rules.merge_methods.is_empty() { all() } else { rules.merge_methods.clone() };
        let parameters = json!({
            "allowed_merge_methods": methods,
            "dismiss_stale_reviews_on_push": false,
            "require_code_owner_review": false,
            "require_last_push_approval": false,
            "required_approving_review_count": rules.required_approvals,
            "required_review_thread_resolution": false,
        });
        rule("pull_request", Some(parameters));
    }
    if !rules.required_checks.is_empty() {
        let checks: Vec<Value> =
            rules.required_checks.iter().map(|name| json!({ "context": name })).collect();
        let parameters = json!({
            "required_status_checks": checks,
            "strict_required_status_checks_policy": rules.strict_checks,
            "do_not_enforce_on_create": false,
        });
        rule("required_status_checks", Some(parameters));
    }
    list
}
