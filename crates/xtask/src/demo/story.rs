//! The scenes, in order.

use std::path::Path;

use runner::{Event, Record};
use serde_json::Value;

use super::{
    cluster::Cluster,
    end_state::{self, Claims, Deployed},
    people::Change,
    place::{Place, REPOSITORY},
    timeline,
};

/// Plays everything. What it returns is checked already.
pub(super) async fn play(place: &Place) -> Result<Vec<String>, String> {
    let dev = to_dev(place).await?;
    println!();
    let prod = to_prod(place).await?;
    println!();
    check(place, &dev, &prod).await?;
    Ok(vec![
        timeline::render("dev pipeline: feature/hello → dev", &dev.record),
        timeline::render("prod pipeline: dev → prod", &prod.record),
    ])
}

/// A pipeline that went through.
struct Shipped {
    merge: String,
    bump: String,
    record: Record,
}

async fn to_dev(place: &Place) -> Result<Shipped, String> {
    println!("alice pushes feature/hello and opens a pull request to dev");
    let change = Change {
        file: "app.py",
        from: "Hello from day2-product",
        to: "Hello from a pull request",
        message: "Say hello from a pull request",
    };
    place.alice.push(&place.directory, "dev", "feature/hello", &change)?;
    let number = place.alice.open("feature/hello", "dev", change.message).await?;
    let record = one_run(place, number).await?;
    shipped(place, number, record)
}

async fn to_prod(place: &Place) -> Result<Shipped, String> {
    let before = branch(place, "prod").await?;
    println!("alice opens a pull request dev → prod, without a label");
    let number = place.alice.open("dev", "prod", "Promote to prod").await?;
    refused(place, number, "label-missing", &before, one_run(place, number).await?).await?;

    println!("\nalice labels her own pull request");
    place.alice.label(number, "approval").await?;
    refused(place, number, "label-by-author", &before, one_run(place, number).await?).await?;

    println!("\nmaria takes the label away and puts it herself");
    let labels = place.world().github.pull(REPOSITORY, number).map(|pull| pull.labels).unwrap_or_default();
    if labels.iter().any(|label| label == "approval") {
        place.maria.unlabel(number, "approval").await?;
    }
    place.maria.label(number, "approval").await?;
    let record = one_run(place, number).await?;
    let approver = record.output("merge", "approver");
    if approver != "maria" {
        return Err(format!("#{number} was approved by maria, and the run says {approver:?}"));
    }
    shipped(place, number, record)
}

/// Starts the workflow that GitHub would start for what just happened to a pull request, and shows its progress.
async fn one_run(place: &Place, number: u64) -> Result<Record, String> {
    let (caller, event) = place.pending(number).await?;
    println!("  {} on a runner labelled {}:", caller.file, caller.job.environment.as_deref().unwrap_or("?"));
    let mut watch = |event: &Event| match event {
        Event::Ended(step) if step.result == "skipped" => {}
        Event::Ended(step) => {
            let mark = if step.result == "success" { "✓" } else { "✗" };
            println!("    {mark} {:<36} {:>6.2} s", step.name, step.took.as_secs_f64());
        }
        Event::Warned(text) => println!("    ! {text}"),
        _ => {}
    };
    place.run(&caller, event, &mut watch).await
}

fn shipped(place: &Place, number: u64, record: Record) -> Result<Shipped, String> {
    if !record.succeeded {
        return Err(format!("the pipeline of #{number} failed; its last lines:\n{}", tail(&record)));
    }
    let merge = record.output("merge", "sha").to_owned();
    let bump = record.output("bump", "commit").to_owned();
    let pull = place.world().github.pull(REPOSITORY, number).ok_or("the pull request is gone")?;
    if !pull.merged || pull.merge_commit_sha.as_deref() != Some(&merge) {
        return Err(format!(
            "the run says that #{number} was merged as {merge:?}; GitHub says {:?}",
            pull.merge_commit_sha
        ));
    }
    Ok(Shipped { merge, bump, record })
}

/// Checks that a run refused to merge for the reason `why`, and changed nothing.
async fn refused(place: &Place, number: u64, why: &str, before: &str, record: Record) -> Result<(), String> {
    let reason = record.output("merge", "reason");
    let is_refused = matches!(record.output("merge", "result"), "refused" | "waiting");
    // What only waits is green.
    let is_waiting = record.output("merge", "decision") == "wait";
    if record.succeeded != is_waiting || !is_refused || reason != why {
        return Err(format!(
            "#{number} should have been refused as {why}; the run's last lines:\n{}",
            tail(&record)
        ));
    }
    let ran = record.steps.iter().filter(|step| step.result != "skipped").count();
    if ran != 1 {
        return Err(format!("{} steps ran after the refusal of #{number}", ran.saturating_sub(1)));
    }
    if branch(place, "prod").await? != before {
        return Err(format!("prod moved although #{number} was refused"));
    }
    println!("    refused ({reason}):");
    record.errors.iter().flat_map(|text| text.lines()).for_each(|line| println!("      {line}"));
    Ok(())
}

async fn check(place: &Place, dev: &Shipped, prod: &Shipped) -> Result<(), String> {
    let world = place.world();
    let git_dir = world.github.git_dir(REPOSITORY).ok_or("the repository is gone")?;
    let mut claims = Claims::default();
    for (name, shipped) in [("dev", dev), ("prod", prod)] {
        let deployed = Deployed { name, merge: &shipped.merge, bump: &shipped.bump };
        end_state::of_artifacts(&mut claims, world, &git_dir, &deployed);
        let application = argocd(place, &format!("applications/{name}")).await?;
        let tree = argocd(place, &format!("applications/{name}/resource-tree")).await?;
        end_state::of_application(&mut claims, &git_dir, &deployed, &application, &tree);
        if let Some(cluster) = &place.cluster {
            cluster.claims(&mut claims, &deployed).await?;
        }
    }
    let (at_dev, at_prod) = (branch(place, "dev").await?, branch(place, "prod").await?);
    claims.same("dev and prod are at the same commit", &at_dev, &at_prod);
    claims.same("which is the one that was deployed to prod", &at_prod, &prod.bump);
    let secrets = secrets(place);
    claims.add("no credential is in a log", place.searched(&secrets));
    claims.add("no credential is left in a runner's files", search(&place.site.runner.directory, &secrets));
    println!("end state");
    let mut failed = 0;
    for claim in &claims.0 {
        match &claim.holds {
            Ok(()) => println!("    ✓ {}", claim.text),
            Err(error) => {
                failed += 1;
                println!("    ✗ {}\n      {error}", claim.text);
            }
        }
    }
    println!();
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} of {} claims about the end state do not hold", claims.0.len()))
    }
}

async fn branch(place: &Place, name: &str) -> Result<String, String> {
    let sha = place.world().github.branch_sha(REPOSITORY, name).await;
    sha.ok_or_else(|| format!("there is no branch {name}"))
}

async fn argocd(place: &Place, path: &str) -> Result<Value, String> {
    let url = format!("{}/api/v1/{path}", place.world().urls.argocd);
    let failed = |error: reqwest::Error| format!("Argo CD, {path}: {error}");
    let client =
        toolkit::http::client(&toolkit::http::ClientOptions::default()).map_err(|error| error.to_string())?;
    let reply = client.get(url).bearer_auth(&place.site.seeded.argocd_token).send().await.map_err(failed)?;
    reply.error_for_status().map_err(failed)?.json().await.map_err(failed)
}

/// Every secret that was in play: the tokens of the runs and of Argo CD, AWS's keys, the registry's passwords.
fn secrets(place: &Place) -> Vec<String> {
    let world = place.world();
    let mut secrets = world.ecr.passwords();
    secrets.push(place.site.seeded.argocd_token.clone());
    secrets.extend(place.cluster.iter().flat_map(Cluster::secrets));
    for run in world.github.runs() {
        secrets.extend([Some(run.token), run.oidc_request_token].into_iter().flatten());
    }
    for session in world.sts.sessions() {
        secrets.extend([session.secret_access_key, session.session_token]);
    }
    secrets
}

/// Looks for secrets in what the runners left behind; the files that handed them to act are left out.
fn search(directory: &Path, secrets: &[String]) -> Result<(), String> {
    let entries = std::fs::read_dir(directory)
        .map_err(|error| format!("cannot list {}: {error}", directory.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| error.to_string())?;
        if kind.is_dir() {
            search(&path, secrets)?;
        } else if kind.is_file() && !path.ends_with("secrets") && !path.ends_with("env") {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let is_in =
                |secret: &String| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            if secrets.iter().any(is_in) {
                return Err(format!("{} has one", path.display()));
            }
        }
    }
    Ok(())
}

fn tail(record: &Record) -> String {
    let lines = &record.lines[record.lines.len().saturating_sub(40)..];
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
