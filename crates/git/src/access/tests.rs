use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use super::*;

fn prepared(access: &Access, url: &str) -> (tempfile::TempDir, Prepared) {
    let directory = tempfile::tempdir().unwrap();
    let prepared = access.prepare(&url.parse().unwrap(), directory.path()).unwrap();
    (directory, prepared)
}

fn variable<'a>(prepared: &'a Prepared, name: &str) -> &'a str {
    prepared.variables.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
}

#[test]
fn askpass_answers_for_one_host_only() {
    let access = Access { token: Some(Secret::new("hunter2")), ..Access::default() };
    for (url, prompt, answer) in [
        ("https://h/r", "Username for 'https://h': ", "x-access-token\n"),
        ("https://h/r", "Password for 'https://x-access-token@h': ", "hunter2\n"),
        ("https://oauth2@h:8443/r", "Password for 'https://oauth2@h:8443': ", "hunter2\n"),
        ("https://a%40b@h/r", "Password for 'https://a%40b@h': ", "hunter2\n"),
        ("http://[::1]:80/r", "Password for 'http://x-access-token@[::1]': ", "hunter2\n"),
        ("https://h/r", "Password for 'https://x-access-token@other': ", ""),
        ("https://h/r", "Password for 'https://h@other': ", ""),
        ("https://h/r", "Password for 'https://x-access-token@h:444': ", ""),
        ("https://h/r", "Password for 'http://x-access-token@h': ", ""),
        ("https://h/r", "Enter passphrase for key 'h': ", ""),
        ("https://h/r", "", ""),
    ] {
        let (directory, prepared) = prepared(&access, url);
        let output = Command::new(directory.path().join("askpass"))
            .arg(prompt)
            .envs(prepared.variables.iter().cloned())
            .env("DAY2_GIT_TOKEN", "hunter2")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), answer, "{url} {prompt}");
        assert_eq!(output.status.success(), !answer.is_empty(), "{url} {prompt}");
    }
}

#[test]
fn only_the_ssh_key_is_written_and_only_for_this_user() {
    let access = Access {
        token: Some(Secret::new("hunter2")),
        ssh_key: Some(Secret::new("-----BEGIN-----\r\nk3y\r\n-----END-----")),
        known_hosts: Some("h ssh-ed25519 AAAA\r\n".to_owned()),
        temporary: None,
    };
    let (directory, prepared) = prepared(&access, "git@h:r");
    let file = |name: &str| directory.path().join(name);
    for (name, mode) in [("askpass", 0o700), ("key", 0o600), ("known_hosts", 0o600)] {
        assert_eq!(fs::metadata(file(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
        assert!(!fs::read_to_string(file(name)).unwrap().contains("hunter2"));
    }
    assert_eq!(fs::read_to_string(file("key")).unwrap(), "-----BEGIN-----\nk3y\n-----END-----\n");
    assert_eq!(fs::read_to_string(file("known_hosts")).unwrap(), "h ssh-ed25519 AAAA\n");
    assert!(!format!("{prepared:?}").contains("hunter2") && !format!("{access:?}").contains("k3y"));
    let place = directory.path().display().to_string();
    assert_eq!(
        variable(&prepared, "GIT_SSH_COMMAND").replace(&place, "DIR"),
        "ssh -i 'DIR/key' -o 'BatchMode=yes' -o 'ControlMaster=no' -o 'ControlPersist=no' -o 'ForwardAgent=no' \
         -o 'ControlPath=none' -o 'IdentitiesOnly=yes' -o 'IdentityAgent=none' -o 'UserKnownHostsFile=\"DIR/known_hosts\"' \
         -o 'GlobalKnownHostsFile=/dev/null' -o 'StrictHostKeyChecking=yes'"
    );
}

#[test]
fn a_key_that_the_url_does_not_need_is_not_written() {
    let access = Access { ssh_key: Some(Secret::new("k3y")), ..Access::default() };
    let (directory, prepared) = prepared(&access, "https://h/r");
    assert!(!directory.path().join("key").exists());
    let command = variable(&prepared, "GIT_SSH_COMMAND");
    assert!(command.contains("BatchMode=yes") && !command.contains("-i"), "{command}");
}

#[test]
fn what_is_not_given_is_left_to_the_user() {
    let (directory, prepared) = prepared(&Access::default(), "git@h:r");
    assert!(!directory.path().join("key").exists() && !directory.path().join("known_hosts").exists());
    let command = variable(&prepared, "GIT_SSH_COMMAND");
    assert!(command.contains("BatchMode=yes") && !command.contains("Known") && !command.contains("Identit"));
    assert!(prepared.token.is_none() && variable(&prepared, "DAY2_GIT_HOST").is_empty());
}

#[test]
fn githubs_host_keys_have_the_published_fingerprints() {
    let (directory, prepared) = prepared(&Access::default(), "git@github.com:o/r");
    let command = variable(&prepared, "GIT_SSH_COMMAND");
    assert!(
        command.contains("known_hosts\" ~/.ssh/known_hosts' -o 'StrictHostKeyChecking=yes'"),
        "{command}"
    );
    let listed = Command::new("ssh-keygen").arg("-lf").arg(directory.path().join("known_hosts")).output();
    let Ok(listed) = listed else {
        println!("not tested: there is no ssh-keygen");
        return;
    };
    let listed = String::from_utf8(listed.stdout).unwrap();
    // https://docs.github.com/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
    for fingerprint in [
        "SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
        "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
        "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
    ] {
        assert!(listed.contains(fingerprint), "{listed}");
    }
}
