//! The ways that `cargo xtask bench merge` compares: the commands of each.

use std::process::Command;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::scene::{Programs, Scene, Task};

/// One way to do a task.
pub(super) struct Way {
    pub(super) task: Task,
    /// As the page has it.
    pub(super) title: &'static str,
    pub(super) go: Go,
}

/// How it is gone.
pub(super) enum Go {
    /// These commands, one after the other.
    Commands(fn(&Scene<'_>, &Programs) -> Result<Vec<Command>, String>),
    /// As many requests as gh makes, in its order.
    LikeGh,
}

const FULL: &[&str] = &["clone", "--quiet", "--branch"];
/// Without the files of other commits.
const WITHOUT_BLOBS: &[&str] = &["clone", "--quiet", "--filter=blob:none", "--branch"];

/// All of them, those of one task together.
pub(super) const WAYS: &[Way] = &[
    Way {
        task: Task::Merge,
        title: "auto-merge",
        go: Go::Commands(|scene, programs| auto_merge(scene, programs, &[])),
    },
    Way {
        task: Task::Merge,
        title: "auto-merge with `labels`",
        go: Go::Commands(|scene, programs| auto_merge(scene, programs, &["--labels=approval"])),
    },
    Way { task: Task::Merge, title: "the requests of `gh pr merge`", go: Go::LikeGh },
    Way {
        task: Task::Merge,
        title: "`git clone`, `merge`, `push`",
        go: Go::Commands(|scene, programs| Ok(merged(scene, programs, FULL))),
    },
    Way {
        task: Task::Merge,
        title: "the same with `--filter=blob:none`",
        go: Go::Commands(|scene, programs| Ok(merged(scene, programs, WITHOUT_BLOBS))),
    },
    Way { task: Task::Move, title: "fast-forward", go: Go::Commands(fast_forward) },
    Way {
        task: Task::Move,
        title: "`git clone`, `merge --ff-only`, `push`",
        go: Go::Commands(|scene, programs| {
            let merge = ["merge", "--quiet", "--ff-only", &scene.sha];
            Ok(cloned(scene, programs, FULL, &[&merge, &["push", "--quiet", "origin", "HEAD:dev"]]))
        }),
    },
    Way {
        task: Task::Move,
        title: "`git clone --filter=tree:0 --no-checkout`, `push`",
        go: Go::Commands(|scene, programs| {
            let clone = ["clone", "--quiet", "--filter=tree:0", "--no-checkout", "--branch"];
            let push = format!("{}:refs/heads/dev", scene.sha);
            Ok(cloned(scene, programs, &clone, &[&["push", "--quiet", "origin", &push]]))
        }),
    },
    Way { task: Task::BackMerge, title: "fast-forward", go: Go::Commands(fast_forward) },
    Way {
        task: Task::BackMerge,
        title: "`git clone`, `merge`, `push`",
        go: Go::Commands(|scene, programs| Ok(merged(scene, programs, FULL))),
    },
    Way {
        task: Task::BackMerge,
        title: "the same with `--filter=blob:none`",
        go: Go::Commands(|scene, programs| Ok(merged(scene, programs, WITHOUT_BLOBS))),
    },
];

fn auto_merge(scene: &Scene<'_>, programs: &Programs, gate: &[&str]) -> Result<Vec<Command>, String> {
    let arguments = [&["auto-merge", "--base=prod", "--head=dev"], gate].concat();
    Ok(vec![ours(scene, programs, &arguments)?])
}

fn fast_forward(scene: &Scene<'_>, programs: &Programs) -> Result<Vec<Command>, String> {
    let to = format!("--to={}", scene.sha);
    Ok(vec![ours(scene, programs, &["fast-forward", "--branch=dev", &to])?])
}

/// A command with nothing from the environment but where programs are.
fn clean(program: &std::path::Path, scene: &Scene<'_>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", crate::env("PATH").unwrap_or_default())
        .env("HOME", scene.directory.path());
    command.current_dir(scene.directory.path());
    command
}

fn ours(scene: &Scene<'_>, programs: &Programs, arguments: &[&str]) -> Result<Command, String> {
    let event = scene.directory.path().join("event.json");
    std::fs::write(&event, scene.run.spec.event.to_string())
        .map_err(|error| format!("{}: {error}", event.display()))?;
    let mut command = clean(&programs.day2, scene);
    let near = &scene.sandbox.world().urls.github;
    for (name, value) in scene.sandbox.env().into_iter().chain(scene.run.env()) {
        command.env(name, value.replace(near, &scene.url));
    }
    command.env("GITHUB_EVENT_PATH", event).env("GITHUB_TOKEN", &scene.run.token);
    for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        command.env(name, scene.directory.path().join(name));
    }
    command.args(arguments);
    Ok(command)
}

/// A clone of the branch, a merge of the commit, and a push.
fn merged(scene: &Scene<'_>, programs: &Programs, clone: &[&str]) -> Vec<Command> {
    let push = format!("HEAD:{}", scene.branch);
    let merge = ["merge", "--quiet", "--no-ff", "--no-edit", &scene.sha];
    cloned(scene, programs, clone, &[&merge, &["push", "--quiet", "origin", &push]])
}

/// A clone, and commands in it.
fn cloned(scene: &Scene<'_>, programs: &Programs, clone: &[&str], then: &[&[&str]]) -> Vec<Command> {
    let url = format!("{}/{}.git", scene.url, scene.slug);
    let mut first = git(scene, programs);
    first.args(clone).args([scene.branch, &url, "clone"]);
    let mut commands = vec![first];
    for arguments in then {
        let mut command = git(scene, programs);
        command.args(["-C", "clone"]).args(*arguments);
        commands.push(command);
    }
    commands
}

/// Signed in as `actions/checkout` does it, by a header.
fn git(scene: &Scene<'_>, programs: &Programs) -> Command {
    let login = BASE64_STANDARD.encode(format!("x-access-token:{}", scene.run.token));
    let mut command = clean(&programs.git, scene);
    command.envs([
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_CONFIG_COUNT", "3"),
        ("GIT_CONFIG_KEY_0", "http.extraHeader"),
        ("GIT_CONFIG_VALUE_0", &format!("Authorization: Basic {login}")),
        ("GIT_CONFIG_KEY_1", "user.name"),
        ("GIT_CONFIG_VALUE_1", "maria"),
        ("GIT_CONFIG_KEY_2", "user.email"),
        ("GIT_CONFIG_VALUE_2", "maria@localhost"),
    ]);
    command
}
