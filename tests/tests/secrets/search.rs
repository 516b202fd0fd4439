//! What a secret is, and where it may be.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use e2e::{Finished, Product};

/// Programs that an action may start; each is replaced by one that writes its arguments down first.
const CHILDREN: &[&str] = &["git", "docker", "buildctl", "buildah", "ssh"];

/// Puts a directory with recording programs at the head of PATH, and returns it with the record.
pub(crate) fn recorder(product: &Product) -> (String, PathBuf) {
    let record = product.file("bin/record", b"");
    let path = std::env::var("PATH").unwrap_or_default();
    for program in CHILDREN {
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$0 $*\" >> '{}'\nPATH='{path}' exec {program} \"$@\"\n",
            record.display()
        );
        let file = product.file(&format!("bin/{program}"), script.as_bytes());
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("an executable");
    }
    let directory = record.parent().map(|parent| parent.display().to_string()).unwrap_or_default();
    (format!("{directory}:{path}"), record)
}

/// Returns every secret that exists in the world by now, in each form in which it travels.
pub(crate) fn secrets(product: &Product, tokens: &[String]) -> Vec<(&'static str, String)> {
    let world = product.world();
    let mut all: Vec<(&'static str, String)> =
        tokens.iter().map(|token| ("GitHub or request token", token.clone())).collect();
    all.extend(world.github.app_secrets().into_iter().map(|secret| ("App's key or token", secret)));
    all.extend(world.argocd.tokens().into_iter().map(|token| ("Argo CD token", token)));
    all.extend(world.oidc.issued().into_iter().map(|token| ("OIDC token", token)));
    for session in world.sts.sessions() {
        all.push(("AWS secret key", session.secret_access_key.clone()));
        all.push(("AWS session token", session.session_token.clone()));
    }
    for password in world.ecr.passwords() {
        all.push(("registry credential", STANDARD.encode(format!("AWS:{password}"))));
        all.push(("registry password", password));
    }
    all
}

/// Returns all text that a step left, but for the mask commands, which name secrets on purpose, and `allowed`.
pub(crate) fn left_behind(finished: &Finished, allowed: Option<&Path>) -> Vec<(String, String)> {
    let visible: String = finished
        .log()
        .lines()
        .filter(|line| !line.starts_with("::add-mask::"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut texts = vec![("the log".to_owned(), visible)];
    let mut folders = vec![finished.runner.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if Some(path.as_path()) != allowed {
                let bytes = fs::read(&path).unwrap_or_default();
                texts.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    texts
}

/// Asserts that no secret is in any of the texts.
pub(crate) fn assert_none(secrets: &[(&'static str, String)], texts: &[(String, String)], step: &str) {
    for (kind, secret) in secrets {
        for (place, text) in texts {
            assert!(!text.contains(secret.as_str()), "{step}: the {kind} is in {place}:\n{text}");
        }
    }
}
