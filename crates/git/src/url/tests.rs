use super::*;

fn parse(text: &str) -> Result<RemoteUrl, String> {
    text.parse::<RemoteUrl>().map_err(|error| error.to_string())
}

#[test]
fn reads_the_usual_forms() {
    for (text, user, host, authority, ssh) in [
        ("https://git.example.com/o/r.git", None, "git.example.com", "git.example.com", false),
        (
            "https://oauth2@git.example.com:8443/a/b/c",
            Some("oauth2"),
            "git.example.com",
            "git.example.com:8443",
            false,
        ),
        ("http://127.0.0.1:3000/o/r", None, "127.0.0.1", "127.0.0.1:3000", false),
        ("http://[::1]:3000/o/r", None, "[::1]", "[::1]:3000", false),
        ("ssh://git@git.example.com/o/r", Some("git"), "git.example.com", "git.example.com", true),
        ("ssh://git.example.com:2222/~/r", None, "git.example.com", "git.example.com:2222", true),
        ("git@git.example.com:o/r.git", Some("git"), "git.example.com", "git.example.com", true),
        ("file:///srv/r.git", None, "", "", false),
    ] {
        let url = parse(text).unwrap();
        assert_eq!((url.user(), url.host(), url.is_ssh()), (user, host, ssh), "{text}");
        assert_eq!((url.authority().as_str(), url.to_string().as_str()), (authority, text));
    }
}

#[test]
fn spells_the_host_as_git_will() {
    assert_eq!(parse("https://GIT.Example.com:443/O/R").unwrap().to_string(), "https://git.example.com/O/R");
}

#[test]
fn refuses_other_texts() {
    for text in [
        "",
        "o/r",
        "/srv/r.git",
        "https://",
        "https://h",
        "https://h/",
        "https:///o/r",
        "https://h/r?x=1",
        "https://h/r#x",
        "https://h/a b",
        "https://h/a\nb",
        "ftp://h/r",
        "git://h/r",
        "ext::sh -c x",
        "ssh://-oProxyCommand=x/r",
        "ssh://-x@h/r",
        "git@-h:r",
        "-git@h:r",
        "git@h:",
        "git@h:/",
        "h:r",
        "ssh://h/-r",
        "file://h/r",
        "file:///",
        "ssh://h:99999/r",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert!(parse("http://git.example.com/r").unwrap_err().contains("plain HTTP"));
}

#[test]
fn a_password_is_refused_and_not_shown() {
    for text in [
        "https://alice:hunter2@git.example.com/r",
        "https://:hunter2@git.example.com/r",
        "ssh://git:hunter2@h/r",
        "git:hunter2@h:r",
        "ftp://alice:hunter2@h/r",
        "https://alice:hunter2@h/a b",
        "https://alice:hunter2@",
        "https://hunter2@",
        "https://hunter2@/r",
        "https://hunter2@:443/r",
        "https://hunter2@?x",
        "https:hunter2@",
        "ghp_hunter2@h/r",
        "https://ghp_hunter2hunter2hunter2@h/r",
        "https://glpat-hunter2hunter2hunter2@h/r",
    ] {
        let error = parse(text).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(!format!("{:?}", text.parse::<RemoteUrl>()).contains("hunter2"));
    }
}

proptest::proptest! {
    #[test]
    fn what_is_shown_means_the_same(text in "(https|http|ssh|file)://([a-z]{1,3}@)?(h|localhost|127\\.0\\.0\\.1|\\[::1\\])?(:[0-9]{1,4})?/[ -~]{0,12}") {
        if let Ok(url) = text.parse::<RemoteUrl>() {
            proptest::prop_assert_eq!(&parse(&url.to_string()).unwrap(), &url);
        }
    }

    #[test]
    fn the_short_form_means_the_same(text in "[ -~]{0,4}@[ -~]{1,6}:[ -~]{0,8}") {
        if let Ok(url) = text.parse::<RemoteUrl>() {
            proptest::prop_assert!(url.is_ssh());
            proptest::prop_assert_eq!(&parse(&url.to_string()).unwrap(), &url);
        }
    }

    #[test]
    fn no_password_is_ever_shown(
        scheme in "(https://|http://|ssh://|git\\+ssh://|ftp://|)",
        user in "[a-z0-9.]{0,6}",
        password in "S3CRET[a-zA-Z0-9/@:?#%]{0,8}",
        rest in "(h|localhost)?[:/]?[ -~]{0,6}",
    ) {
        let text = format!("{scheme}{user}:{password}@{rest}");
        match text.parse::<RemoteUrl>() {
            Ok(url) => proptest::prop_assert!(!url.to_string().contains("S3CRET"), "{}", url),
            Err(error) => proptest::prop_assert!(!error.to_string().contains("S3CRET"), "{}", error),
        }
    }
}
