//! The part of GitHub's GraphQL schema that is here, by type: each field with its arguments and what it returns
//! (empty for scalars and enums).

use super::{
    Problem,
    parse::{Document, Field, Selection, What},
};

pub(super) type FieldRow = (&'static str, &'static [&'static str], &'static str);

const SCHEMA: &[(&str, &[FieldRow])] = &[
    (
        "Query",
        &[
            ("repository", &["owner", "name", "followRenames"], "Repository"),
            ("viewer", &[], "User"),
            ("rateLimit", &["dryRun"], "RateLimit"),
        ],
    ),
    (
        "Mutation",
        &[
            ("createCommitOnBranch", &["input"], "CreateCommitOnBranchPayload"),
            ("createRef", &["input"], "CreateRefPayload"),
            ("updateRefs", &["input"], "UpdateRefsPayload"),
            ("enqueuePullRequest", &["input"], "EnqueuePullRequestPayload"),
            ("enablePullRequestAutoMerge", &["input"], "EnablePullRequestAutoMergePayload"),
            ("disablePullRequestAutoMerge", &["input"], "DisablePullRequestAutoMergePayload"),
        ],
    ),
    (
        "CreateCommitOnBranchPayload",
        &[("clientMutationId", &[], ""), ("commit", &[], "Commit"), ("ref", &[], "Ref")],
    ),
    ("CreateRefPayload", &[("clientMutationId", &[], ""), ("ref", &[], "Ref")]),
    ("UpdateRefsPayload", &[("clientMutationId", &[], "")]),
    (
        "EnqueuePullRequestPayload",
        &[("clientMutationId", &[], ""), ("mergeQueueEntry", &[], "MergeQueueEntry")],
    ),
    (
        "MergeQueueEntry",
        &[
            ("id", &[], ""),
            ("position", &[], ""),
            ("state", &[], ""),
            ("enqueuedAt", &[], ""),
            ("enqueuer", &[], "Actor"),
            ("jump", &[], ""),
            ("solo", &[], ""),
            ("mergeQueue", &[], "MergeQueue"),
        ],
    ),
    ("MergeQueue", &[("id", &[], ""), ("url", &[], "")]),
    ("EnablePullRequestAutoMergePayload", AUTO_MERGE),
    ("DisablePullRequestAutoMergePayload", AUTO_MERGE),
    ("User", ACCOUNT),
    ("Bot", ACCOUNT),
    ("Organization", ACCOUNT),
    ("Actor", &[("login", &[], ""), ("url", &[], "")]),
    ("RepositoryOwner", &[("id", &[], ""), ("login", &[], ""), ("url", &[], "")]),
    (
        "RateLimit",
        &[
            ("limit", &[], ""),
            ("cost", &[], ""),
            ("remaining", &[], ""),
            ("used", &[], ""),
            ("resetAt", &[], ""),
        ],
    ),
    (
        "Repository",
        &[
            ("id", &[], ""),
            ("databaseId", &[], ""),
            ("name", &[], ""),
            ("nameWithOwner", &[], ""),
            ("owner", &[], "RepositoryOwner"),
            ("url", &[], ""),
            ("isPrivate", &[], ""),
            ("visibility", &[], ""),
            ("viewerPermission", &[], ""),
            ("autoMergeAllowed", &[], ""),
            ("mergeCommitAllowed", &[], ""),
            ("squashMergeAllowed", &[], ""),
            ("rebaseMergeAllowed", &[], ""),
            ("deleteBranchOnMerge", &[], ""),
            ("defaultBranchRef", &[], "Ref"),
            ("ref", &["qualifiedName"], "Ref"),
            ("object", &["expression", "oid"], "GitObject"),
            ("pullRequest", &["number"], "PullRequest"),
            (
                "pullRequests",
                &["first", "last", "states", "headRefName", "baseRefName", "orderBy"],
                "PullRequestConnection",
            ),
        ],
    ),
    ("Ref", &[("id", &[], ""), ("name", &[], ""), ("prefix", &[], ""), ("target", &[], "GitObject")]),
    ("GitObject", OBJECT),
    (
        "Commit",
        &[
            ("id", &[], ""),
            ("oid", &[], ""),
            ("abbreviatedOid", &[], ""),
            ("url", &[], ""),
            ("commitUrl", &[], ""),
            ("message", &[], ""),
            ("messageHeadline", &[], ""),
            ("messageBody", &[], ""),
            ("authoredDate", &[], ""),
            ("committedDate", &[], ""),
            ("author", &[], "GitActor"),
            ("committer", &[], "GitActor"),
            ("signature", &[], "GitSignature"),
            ("tree", &[], "Tree"),
            ("parents", &["first", "last"], "CommitConnection"),
            ("history", &["first", "path", "after", "since", "until"], "CommitHistoryConnection"),
            ("file", &["path"], "TreeEntry"),
            ("statusCheckRollup", &[], "StatusCheckRollup"),
        ],
    ),
    ("GitActor", &[("name", &[], ""), ("email", &[], ""), ("date", &[], ""), ("user", &[], "User")]),
    ("GitSignature", SIGNATURE),
    ("GpgSignature", SIGNATURE),
    ("StatusCheckRollup", &[("state", &[], "")]),
    ("CommitConnection", &[("nodes", &[], "Commit"), ("totalCount", &[], "")]),
    (
        "CommitHistoryConnection",
        &[("nodes", &[], "Commit"), ("totalCount", &[], ""), ("pageInfo", &[], "PageInfo")],
    ),
    ("PullRequestConnection", &[("nodes", &[], "PullRequest"), ("totalCount", &[], "")]),
    ("LabelConnection", &[("nodes", &[], "Label"), ("totalCount", &[], "")]),
    ("Label", &[("name", &[], ""), ("color", &[], "")]),
    (
        "PageInfo",
        &[
            ("hasNextPage", &[], ""),
            ("endCursor", &[], ""),
            ("hasPreviousPage", &[], ""),
            ("startCursor", &[], ""),
        ],
    ),
    (
        "Tree",
        &[("id", &[], ""), ("oid", &[], ""), ("abbreviatedOid", &[], ""), ("entries", &[], "TreeEntry")],
    ),
    (
        "Blob",
        &[
            ("id", &[], ""),
            ("oid", &[], ""),
            ("abbreviatedOid", &[], ""),
            ("byteSize", &[], ""),
            ("isBinary", &[], ""),
            ("isTruncated", &[], ""),
            ("text", &[], ""),
        ],
    ),
    (
        "TreeEntry",
        &[
            ("name", &[], ""),
            ("path", &[], ""),
            ("mode", &[], ""),
            ("type", &[], ""),
            ("oid", &[], ""),
            ("size", &[], ""),
            ("object", &[], "GitObject"),
        ],
    ),
    (
        "PullRequest",
        &[
            ("id", &[], ""),
            ("databaseId", &[], ""),
            ("number", &[], ""),
            ("title", &[], ""),
            ("body", &[], ""),
            ("url", &[], ""),
            ("state", &[], ""),
            ("isDraft", &[], ""),
            ("closed", &[], ""),
            ("merged", &[], ""),
            ("mergedAt", &[], ""),
            ("mergedBy", &[], "Actor"),
            ("mergeCommit", &[], "Commit"),
            ("mergeable", &[], ""),
            ("mergeStateStatus", &[], ""),
            ("author", &[], "Actor"),
            ("headRefName", &[], ""),
            ("headRefOid", &[], ""),
            ("baseRefName", &[], ""),
            ("baseRefOid", &[], ""),
            ("labels", &["first", "last"], "LabelConnection"),
            ("autoMergeRequest", &[], "AutoMergeRequest"),
            ("isInMergeQueue", &[], ""),
            ("mergeQueueEntry", &[], "MergeQueueEntry"),
        ],
    ),
    (
        "AutoMergeRequest",
        &[
            ("mergeMethod", &[], ""),
            ("enabledBy", &[], "Actor"),
            ("commitHeadline", &[], ""),
            ("commitBody", &[], ""),
        ],
    ),
];

const SIGNATURE: &[FieldRow] = &[
    ("isValid", &[], ""),
    ("wasSignedByGitHub", &[], ""),
    ("state", &[], ""),
    ("email", &[], ""),
    ("signature", &[], ""),
    ("payload", &[], ""),
];
const OBJECT: &[FieldRow] =
    &[("id", &[], ""), ("oid", &[], ""), ("abbreviatedOid", &[], ""), ("commitUrl", &[], "")];
const ACCOUNT: &[FieldRow] =
    &[("id", &[], ""), ("login", &[], ""), ("url", &[], ""), ("databaseId", &[], "")];
const AUTO_MERGE: &[FieldRow] =
    &[("clientMutationId", &[], ""), ("actor", &[], "Actor"), ("pullRequest", &[], "PullRequest")];

pub(super) fn fields(kind: &str) -> Option<&'static [FieldRow]> {
    SCHEMA.iter().find(|(name, _)| *name == kind).map(|(_, fields)| *fields)
}

/// Interfaces, each with the types of objects that it stands for here.
const INTERFACES: &[(&str, &[&str])] = &[
    ("Actor", &["User", "Bot", "Organization"]),
    ("RepositoryOwner", &["User", "Organization"]),
    ("GitObject", &["Commit", "Tree", "Blob"]),
    ("GitSignature", &["GpgSignature"]),
];

/// Returns the types that an interface stands for; none for an object's type.
pub(super) fn objects(kind: &str) -> &'static [&'static str] {
    INTERFACES.iter().find(|(name, _)| *name == kind).map_or(&[], |(_, objects)| *objects)
}

/// Returns the type that a field returns; empty for a scalar.
pub(super) fn returns(kind: &str, field: &str) -> &'static str {
    fields(kind)
        .and_then(|fields| fields.iter().find(|(name, ..)| *name == field))
        .map_or("", |(.., kind)| kind)
}

/// Checks selections against the schema, with GitHub's messages.
pub(super) fn validate(
    document: &Document,
    kind: &str,
    selections: &[Selection],
    path: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    for selection in selections {
        match &selection.what {
            What::Inline(fragment) => {
                let kind = fragment.on.as_deref().unwrap_or(kind);
                if fields(kind).is_none() {
                    problems.push(Problem::new(format!(
                        "No such type {kind}, so it can't be a fragment condition"
                    )));
                    continue;
                }
                path.push(format!("... on {kind}"));
                validate(document, kind, &fragment.selections, path, problems);
                path.pop();
            }
            What::Spread(name) => match document.fragments.get(name) {
                Some(fragment) if !path.iter().any(|step| *step == format!("... {name}")) => {
                    path.push(format!("... {name}"));
                    let kind = fragment.on.as_deref().unwrap_or(kind);
                    validate(document, kind, &fragment.selections, path, problems);
                    path.pop();
                }
                _ => problems.push(Problem::new(format!("Fragment {name} was used, but not defined"))),
            },
            What::Field(field) if field.name == "__typename" => {}
            What::Field(field) => {
                path.push(field.key().to_owned());
                validate_field(document, kind, field, path, problems);
                path.pop();
            }
        }
    }
}

fn validate_field(
    document: &Document,
    kind: &str,
    field: &Field,
    path: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    let name = &field.name;
    let mut problem = |message: String, code: &str, extra: serde_json::Value| {
        let mut extensions = serde_json::json!({ "code": code });
        if let (Some(extensions), serde_json::Value::Object(extra)) = (extensions.as_object_mut(), extra) {
            extensions.extend(extra);
        }
        problems.push(Problem {
            message,
            path: path.iter().cloned().map(serde_json::Value::String).collect(),
            location: Some((field.line, field.column)),
            extensions: Some(Box::new(extensions)),
            kind: None,
        });
    };
    let row = fields(kind).and_then(|fields| fields.iter().find(|(one, ..)| one == name));
    let Some((_, arguments, result)) = row else {
        let extra = serde_json::json!({ "typeName": kind, "fieldName": name });
        return problem(format!("Field '{name}' doesn't exist on type '{kind}'"), "undefinedField", extra);
    };
    for (argument, _) in &field.arguments {
        if !arguments.contains(&argument.as_str()) {
            let extra = serde_json::json!({ "name": name, "typeName": "Field", "argumentName": argument });
            problem(
                format!("Field '{name}' doesn't accept argument '{argument}'"),
                "argumentNotAccepted",
                extra,
            );
        }
    }
    match (result.is_empty(), field.selections.is_empty()) {
        (false, true) => {
            let text = format!(
                "Field must have selections (field '{name}' returns {result} but has no selections. Did you mean '{name} {{ ... }}'?)"
            );
            let extra = serde_json::json!({ "nodeName": format!("field '{name}'"), "typeName": result });
            problem(text, "selectionMismatch", extra);
        }
        (true, false) => {
            let extra = serde_json::json!({ "nodeName": format!("field '{name}'") });
            problem(
                format!("Selections can't be made on scalars (field '{name}')"),
                "selectionMismatch",
                extra,
            );
        }
        _ => validate(document, result, &field.selections, path, problems),
    }
}
