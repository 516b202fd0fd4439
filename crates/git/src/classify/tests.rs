use super::*;

fn name(stderr: &str) -> &'static str {
    let url: RemoteUrl = "https://git.example.com/o/r".parse().unwrap();
    match classify(&url, "fetch", stderr) {
        RemoteError::HostKey { .. } => "host key",
        RemoteError::NotFound { .. } => "not found",
        RemoteError::Denied { .. } => "denied",
        RemoteError::Certificate { .. } => "certificate",
        RemoteError::Unreachable { .. } => "unreachable",
        _ => "failed",
    }
}

#[test]
fn knows_the_words_of_git_ssh_and_hosts() {
    const END: &str = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.";
    for (stderr, kind) in [
        (format!("No ED25519 host key is known for h and you have requested strict checking.\r\nHost key verification failed.\r\n{END}"), "host key"),
        (format!("@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n{END}"), "host key"),
        (format!("git@h: Permission denied (publickey).\r\n{END}"), "denied"),
        (format!("Load key \"/tmp/x/key\": error in libcrypto\n{END}"), "denied"),
        (format!("ERROR: Permission to o/r.git denied to alice.\n{END}"), "denied"),
        (format!("ERROR: Repository not found.\n{END}"), "not found"),
        (format!("remote: \nremote: ========\nremote: The project you were looking for could not be found or you don't have permission to view it.\nremote: \n{END}"), "not found"),
        (format!("fatal: '/srv/x.git' does not appear to be a git repository\n{END}"), "not found"),
        (format!("ssh: Could not resolve hostname h: Name or service not known\r\n{END}"), "unreachable"),
        (format!("ssh: connect to host h port 22: Connection refused\r\n{END}"), "unreachable"),
        (format!("kex_exchange_identification: Connection closed by remote host\r\n{END}"), "unreachable"),
        ("remote: Invalid username or password.\nfatal: Authentication failed for 'https://h/o/r/'".to_owned(), "denied"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled".to_owned(), "denied"),
        ("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/o/r/'".to_owned(), "denied"),
        ("fatal: unable to access 'https://h/o/r/': The requested URL returned error: 403".to_owned(), "denied"),
        ("remote: Repository not found.\nfatal: repository 'https://h/o/r/' not found".to_owned(), "not found"),
        ("fatal: repository 'https://h/o/r/' not found".to_owned(), "not found"),
        ("fatal: unable to access 'https://h/': The requested URL returned error: 503".to_owned(), "unreachable"),
        ("error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502".to_owned(), "unreachable"),
        ("fatal: unable to access 'https://h/': Could not resolve host: h".to_owned(), "unreachable"),
        ("fatal: unable to access 'https://h/': Failed to connect to h port 443 after 0 ms: Couldn't connect to server".to_owned(), "unreachable"),
        ("fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate".to_owned(), "certificate"),
        ("fatal: unable to access 'https://h/': server certificate verification failed. CAfile: none CRLfile: none".to_owned(), "certificate"),
        ("fatal: the remote end hung up unexpectedly".to_owned(), "unreachable"),
        ("fatal: mismatched algorithms: client sha1; server sha256".to_owned(), "failed"),
        (String::new(), "failed"),
    ] {
        assert_eq!(name(&stderr), kind, "{stderr}");
    }
}

#[test]
fn the_gist_is_one_line_without_noise() {
    let stderr = "Receiving:  10%\rReceiving: 100%\nremote: GitLab: no.        \nremote:         \nhint: pull first\nfatal: bad\n";
    assert_eq!(gist(stderr), "Receiving: 100%; GitLab: no.; fatal: bad");
    assert_eq!(gist(""), "it says nothing");
    assert_eq!(gist(&"é".repeat(2000)).chars().count(), LONGEST + 1);
}

#[test]
fn only_a_host_that_does_not_give_less_is_asked_for_more() {
    for stderr in [
        "fatal: remote error: filter 'blob:none' not supported",
        "error: Server does not support --filter",
        "fatal: Server does not support shallow clients",
        "fatal: dumb http transport does not support shallow capabilities",
        "fatal: git upload-pack: not our ref 1234",
        "error: Server does not allow request for unadvertised object 1234",
    ] {
        assert!(wants_less(stderr), "{stderr}");
    }
    for stderr in [
        "",
        "fatal: mismatched algorithms: client sha1; server sha256",
        "fatal: write error: No space left on device",
        "fatal: unable to access 'https://h/': The requested URL returned error: 418",
    ] {
        assert!(!wants_less(stderr), "{stderr}");
    }
}
