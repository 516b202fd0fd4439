//! Which revisions a sync is for: `resolveSourceRevisions` of server/application/application.go.

use serde_json::Value;

use crate::{
    World,
    argocd::{
        app::App,
        refusal::{Code, Refusal},
        render,
        source::Origin,
    },
};

/// Returns the sources of an application at the commits that a sync request means.
pub(super) async fn resolve(
    world: &World,
    app: &App,
    body: &Value,
    dry_run: bool,
) -> Result<Origin, Refusal> {
    let mut origin = app.spec.origin();
    let wanted = if origin.is_multi { many(&mut origin, body)? } else { one(&origin, body) };
    let precondition = |text: String| Refusal::new(Code::FailedPrecondition, text);
    // Of several sources Argo CD compares each with itself: it has written the wanted revision into it before.
    if app.spec.automated && !dry_run && !origin.is_multi {
        for (wanted, source) in wanted.iter().zip(&origin.sources) {
            let tracked = &source.target_revision;
            if or_head(wanted) != or_head(tracked) {
                let text = format!("Cannot sync to {wanted}: auto-sync currently set to {tracked}");
                return Err(precondition(text));
            }
        }
    }
    let mut commits = Vec::new();
    for (source, wanted) in origin.sources.iter().zip(&wanted) {
        let commit = render::resolve(world, source, wanted).await;
        commits.push(commit.map_err(|error| {
            precondition(format!("error resolving repo revision: rpc error: code = Unknown desc = {error}"))
        })?);
    }
    Ok(origin.at(commits))
}

fn one(origin: &Origin, body: &Value) -> Vec<String> {
    let asked = body["revision"].as_str().filter(|revision| !revision.is_empty());
    let tracked = origin.sources.iter().map(|source| source.target_revision.as_str());
    vec![asked.or(tracked.into_iter().next()).unwrap_or_default().to_owned()]
}

/// `sourcePositions`, from 1, with the revision for each in `revisions`. The operation's sources have them too.
fn many(origin: &mut Origin, body: &Value) -> Result<Vec<String>, Refusal> {
    let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    for (position, revision) in list("sourcePositions").iter().zip(list("revisions")) {
        // grpc-gateway also takes the text that protobuf makes of an int64.
        let position = position.as_u64().or_else(|| position.as_str()?.parse().ok()).unwrap_or_default();
        let index = usize::try_from(position).unwrap_or_default().checked_sub(1);
        let source = index.and_then(|index| origin.sources.get_mut(index));
        let source = source.ok_or_else(|| Refusal::new(Code::Unknown, "source position is out of range"))?;
        revision.as_str().unwrap_or_default().clone_into(&mut source.target_revision);
    }
    Ok(origin.sources.iter().map(|source| source.target_revision.clone()).collect())
}

fn or_head(revision: &str) -> &str {
    if revision.is_empty() { "HEAD" } else { revision }
}
