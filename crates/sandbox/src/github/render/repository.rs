//! A repository, in the three sizes that GitHub shows.

use serde_json::{Value, json};

use super::{node_id, user};
use crate::{
    faults::lock,
    github::{State, repository::Repository},
};

/// Names and ends of the URL templates.
const TEMPLATES: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// Settings that `minimal-repository` leaves out.
const SETTINGS: &[&str] = &[
    "allow_auto_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_squash_merge",
    "allow_update_branch",
];

/// `minimal-repository`, as the combined status shows it.
pub(crate) fn minimal_repository(state: &State, one: &Repository) -> Value {
    let mut value = repository(state, one);
    if let Value::Object(fields) = &mut value {
        SETTINGS.iter().for_each(|name| drop(fields.remove(*name)));
    }
    value
}

/// `full-repository`, when it is asked for by name.
pub(crate) fn full_repository(state: &State, one: &Repository) -> Value {
    let mut value = repository(state, one);
    value["network_count"] = json!(0);
    value["subscribers_count"] = json!(0);
    value
}

/// `repository`, as pull requests and webhooks show it.
pub(crate) fn repository(state: &State, repository: &Repository) -> Value {
    let slug = repository.slug();
    let (api, web) = (format!("{}/repos/{slug}", state.urls.github), format!("{}/{slug}", state.urls.github));
    let owner = user(state, &repository.owner);
    let data = lock(&repository.data);
    let open_issues = data.pulls.values().filter(|pull| pull.open).count();
    let mut value = json!({
        "id": repository.id,
        "node_id": node_id("Repository", &repository.id.to_string()),
        "name": repository.name,
        "full_name": slug,
        "private": !data.public,
        "owner": owner,
        "html_url": web,
        "description": null,
        "fork": data.parent.is_some(),
        "url": api,
        "git_url": format!("{}.git", web.replacen("http", "git", 1)),
        "ssh_url": format!("git@localhost:{slug}.git"),
        "clone_url": format!("{web}.git"),
        "svn_url": web,
        "mirror_url": null,
        "homepage": null,
        "language": null,
        "license": null,
        "created_at": data.created_at,
        "updated_at": data.pushed_at,
        "pushed_at": data.pushed_at,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "forks_count": 0,
        "open_issues_count": open_issues,
        "forks": 0,
        "open_issues": open_issues,
        "watchers": 0,
    });
    let more = json!({
        "has_issues": true,
        "has_projects": false,
        "has_downloads": true,
        "has_wiki": false,
        "has_pages": false,
        "has_discussions": false,
        "archived": data.archived,
        "disabled": false,
        "visibility": data.visibility(),
        "topics": [],
        "is_template": false,
        "allow_forking": true,
        "web_commit_signoff_required": false,
        "default_branch": data.default_branch,
        "allow_merge_commit": data.merge_methods["merge"],
        "allow_squash_merge": data.merge_methods["squash"],
        "allow_rebase_merge": data.merge_methods["rebase"],
        "allow_auto_merge": data.allow_auto_merge,
        "delete_branch_on_merge": data.delete_branch_on_merge,
        "allow_update_branch": true,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    for (name, end) in TEMPLATES {
        value[*name] = Value::String(format!("{api}{end}"));
    }
    value
}
