use super::*;

fn kind(summary: &str, stderr: &str) -> &'static str {
    let other = || RemoteError::BadFile { path: String::new(), reason: String::new() };
    match refusal(summary, stderr, other) {
        PushError::Moved(_) => "moved",
        PushError::Rejected(_) => "rejected",
        PushError::InDoubt(_) => "in doubt",
        PushError::Failed(_) => "failed",
    }
}

#[test]
fn knows_the_words_of_git_and_hosts() {
    for (summary, stderr, expected) in [
        ("[rejected] (fetch first)", "", "moved"),
        ("[rejected] (non-fast-forward)", "", "moved"),
        ("[rejected] (stale info)", "", "moved"),
        ("[rejected] (remote ref updated since checkout)", "", "moved"),
        ("[rejected] (something new)", "", "moved"),
        ("[remote rejected] (cannot lock ref 'refs/heads/main': is at 2 but expected 1)", "", "moved"),
        (
            "[remote rejected] (failed to update ref)",
            "remote: error: cannot lock ref 'refs/heads/main': is at 2 but expected 1",
            "moved",
        ),
        ("[remote rejected] (incorrect old value provided)", "", "moved"),
        ("[remote rejected] (reference already exists)", "", "moved"),
        (
            "[remote rejected] (pre-receive hook declined)",
            "remote: GitLab: You are not allowed to push code to protected branches on this project.",
            "rejected",
        ),
        (
            "[remote rejected] (protected branch hook declined)",
            "remote: error: GH006: Protected branch update failed for refs/heads/main.",
            "rejected",
        ),
        (
            "[remote rejected] (push declined due to repository rule violations)",
            "remote: error: GH013: Repository rule violations found for refs/heads/main.",
            "rejected",
        ),
        ("[remote rejected] (hook declined)", "", "rejected"),
        ("[remote rejected] (prohibited by Gerrit: not permitted: update)", "", "rejected"),
        (
            "[remote rejected] (refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission)",
            "",
            "rejected",
        ),
        ("[remote rejected] (Internal Server Error)", "", "in doubt"),
        ("[remote rejected] (internal error)", "", "in doubt"),
        ("[remote rejected] (failure)", "remote: fatal error in commit_refs", "in doubt"),
        ("[remote rejected] (timeout)", "", "in doubt"),
        ("[remote rejected] (hook timed out)", "", "in doubt"),
        ("[remote rejected] (Service Unavailable)", "", "in doubt"),
        ("[remote rejected] (lock failure)", "", "moved"),
        ("[remote rejected] (unpacker error)", "", "failed"),
        ("[remote rejected] (shallow update not allowed)", "", "failed"),
        ("[remote failure] (remote failed to report status)", "", "in doubt"),
        ("[no match]", "", "failed"),
    ] {
        assert_eq!(kind(summary, stderr), expected, "{summary}");
    }
}

#[test]
fn a_refusal_is_in_the_hosts_own_words() {
    let stderr = "remote: error: GH006: Protected branch update failed for refs/heads/main.        \nremote: \nremote: - Changes must be made through a pull request.\nTo https://x\n ! [remote rejected]";
    let other = || RemoteError::BadFile { path: String::new(), reason: String::new() };
    assert_eq!(
        refusal("[remote rejected] (protected branch hook declined)", stderr, other).to_string(),
        "protected branch hook declined\nerror: GH006: Protected branch update failed for refs/heads/main.\n- Changes must be made through a pull request."
    );
}

#[test]
fn a_connection_that_ends_after_the_commit_was_sent_leaves_doubt() {
    for (code, stderr, doubt) in [
        (
            Some(1),
            "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: the remote end hung up unexpectedly",
            true,
        ),
        (
            Some(1),
            "send-pack: unexpected disconnect while reading sideband packet\nfatal: the remote end hung up unexpectedly",
            true,
        ),
        (Some(128), "error: RPC failed; curl 52 Empty reply from server", true),
        (None, "", true),
        (Some(1), "error: RPC failed; HTTP 403 curl 22 The requested URL returned error: 403", false),
        (Some(1), "error: RPC failed; HTTP 413 curl 22\nfatal: the remote end hung up unexpectedly", false),
        (Some(128), "fatal: unable to access 'https://h/': The requested URL returned error: 503", false),
        (
            Some(128),
            "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
            false,
        ),
        (Some(1), "error: src refspec x does not match any", false),
    ] {
        let answer =
            Finished { command: "push".to_owned(), code, stdout: Vec::new(), stderr: stderr.to_owned() };
        assert_eq!(is_in_doubt(&answer), doubt, "{stderr}");
    }
}
