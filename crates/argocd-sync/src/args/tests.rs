use clap::{Args as _, FromArgMatches};

use super::*;
use crate::{
    credential::{Credential, Federated, Source},
    request::{OnBusy, WaitFor},
};

const SHA: &str = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";

fn order(argv: &[&str], env: &[(&str, &str)]) -> Result<Order, Failure> {
    let command = Args::augment_args(clap::Command::new("argocd-sync"));
    let argv = std::iter::once("argocd-sync").chain(argv.iter().copied());
    let matches = command.try_get_matches_from(argv).unwrap();
    let args = Args::from_arg_matches(&matches).unwrap();
    args.into_order(&Env::from_pairs(env.iter().copied()))
}

fn name(target: &Target) -> String {
    match target {
        Target::One(application) => application.to_string(),
        Target::Selected(selector, scope) => format!("{selector} in {scope:?}"),
    }
}

#[test]
fn the_least_is_server_token_application_and_revision() {
    let revision = format!("--revision={SHA}");
    let argv = ["--server=argocd.example.com", "--token=env:T", "--application=dev", &revision];
    let Order { server, target, terms } = order(&argv, &[("T", "t0ken")]).unwrap();
    assert_eq!(server.url.as_str(), "https://argocd.example.com/");
    assert!(matches!(&server.credential, Credential::Token(token) if token.expose() == "t0ken"));
    assert_eq!(name(&target), "dev");
    assert_eq!((terms.wait_for, terms.on_busy), (WaitFor::Promoted, OnBusy::Wait));
    assert_eq!(terms.timeout, Duration::from_secs(300));
    assert_eq!(terms.run, "local");
    assert!(!terms.prune && !terms.dry_run);
}

#[test]
fn everything_is_read() {
    let revision = format!("--revision={SHA}");
    let argv = [
        "--application=dev",
        "--project=team",
        "--app-namespace=apps",
        &revision,
        "--images=a.b/c:1,a.b/d:2",
        "--images=a.b/e:3",
        "--prune",
        "--wait-for=old-pods-gone",
        "--on-busy=terminate",
        "--degraded-grace=5s",
        "--settle=0s",
        "--headers=env:H",
        "--ca-file=ca.pem",
        "--root-path=/argo",
        "--timeout=50s",
        "--dry-run",
    ];
    let env = [
        ("ARGOCD_AUTH_TOKEN", "t"),
        ("ARGOCD_SERVER", "http://127.0.0.1:1"),
        ("H", "CF-Access-Client-Id: a\n\nX-Two: b: c"),
        ("GITHUB_REPOSITORY", "org/day2-product"),
        ("GITHUB_RUN_ID", "7"),
        ("GITHUB_RUN_ATTEMPT", "2"),
    ];
    let Order { server, target, terms } = order(&argv, &env).unwrap();
    assert_eq!(server.url.as_str(), "http://127.0.0.1:1/argo");
    let headers: Vec<(&str, &str)> =
        server.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(headers, [("cf-access-client-id", "a"), ("x-two", "b: c")]);
    assert_eq!(name(&target), "apps/dev");
    assert_eq!(terms.images.len(), 3);
    assert!(terms.prune && terms.dry_run && terms.settle.is_zero());
    assert_eq!((terms.wait_for, terms.on_busy), (WaitFor::OldPodsGone, OnBusy::Terminate));
    assert_eq!(terms.run, "org/day2-product/7/2");
}

#[test]
fn every_bad_input_is_named() {
    let argv = [
        "--server=ftp://x",
        "--auth=magic",
        "--token=literal-t0ken",
        "--application=Dev",
        "--revision=main",
        "--images=a.b/c",
        "--wait-for=gone",
        "--on-busy=panic",
        "--settle=soon",
        "--headers=env:H",
    ];
    let failure = order(&argv, &[("H", "hunter2")]).unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r"
    input `server` is not a server's address (its value is not shown, since it may hold a password): expected `host`, `host:port` or `https://host/path`, without user, query or fragment (`http://` only if written)
    input `auth`: `magic` is no way to sign in: use `token`, `password`, `oidc` or `service-account`
    input `token` takes no secret on the command line, where every process can read it: put it into an environment variable and pass `--token=env:NAME`
    input `headers` has no `Name: value` in line 1
    input `application`: `Dev` is not a Kubernetes name: expected lowercase letters, digits, `-` and `.`
    input `revision`: `main` is not a commit id: expected 40 hexadecimal digits, not a branch or an abbreviation
    input `images`: `a.b/c` has neither tag nor digest, so that nothing can be proven with it
    input `wait-for`: `gone` is not a goal: expected one of `op`, `synced`, `healthy`, `promoted` and `old-pods-gone`
    input `on-busy`: `panic` is not a policy: expected one of `wait`, `terminate` and `fail`
    input `settle`: `soon` is not a duration: expected a number with a unit, such as `90s`, `1m30s` or `500ms`
    ");
}

#[test]
fn no_password_is_repeated_wherever_it_was_put() {
    let revision = format!("--revision={SHA}");
    for server in [
        "https://admin:hunter2@argo.example",
        "admin:hunter2@argo.example",
        "https://admin:hunter2",
        "https://argo.example?token=hunter2",
        "https://argo.example#hunter2",
        "ftp://admin:hunter2@argo.example",
        "https://admin:hun ter2@argo example",
    ] {
        let server = format!("--server={server}");
        let failure = order(&[&server, "--application=dev", &revision], &[("ARGOCD_AUTH_TOKEN", "t")]);
        let text = format!("{:?}", failure.unwrap_err());
        assert!(text.contains("server's address") && !text.contains("ter2"), "{text}");
    }
    let argv = [
        "--server=x",
        "--application=dev",
        &revision,
        "--images=https://u:hunter2@a.b/c:1",
        "--headers=env:H",
        "--token=env:T",
    ];
    let env = [("H", "X-Key: hunter2\u{7f}\nX Key: hunter2\nhunter2"), ("T", "hunter2 hunter2")];
    let text = format!("{:?}", order(&argv, &env).unwrap_err());
    assert!(text.contains("holds a URL") && text.contains("line 3") && !text.contains("hunter2"), "{text}");
}

#[test]
fn what_an_empty_expression_gives_is_nothing() {
    let revision = format!("--revision={SHA}");
    let least = ["--server=x", "--application=dev", &revision];
    let env = [("ARGOCD_AUTH_TOKEN", "t")];
    // What is done anyway, and what a workflow's empty expression gives.
    for argv in [
        ["--paused=wait", "--rollback=false"],
        ["--selector=", "--resources="],
        ["--paused=", "--sync-options="],
    ] {
        assert!(order(&[&least[..], &argv].concat(), &env).is_ok(), "{argv:?}");
    }
    let failure = order(&[&least[..], &["--paused=later"]].concat(), &env).unwrap_err();
    insta::assert_snapshot!(failure.cause, @"input `paused`: `later` is not a policy: expected one of `wait`, `success`, `promote` and `fail`");
}

#[test]
fn what_is_required_is_asked_for() {
    let failure = order(&[], &[]).unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r"
    input `server` is required and empty
    input `token` is required, and `ARGOCD_AUTH_TOKEN` is not set either
    input `application` is required and empty
    input `revision` is required and empty
    ");
}

#[test]
fn a_user_signs_in_with_a_password() {
    let revision = format!("--revision={SHA}");
    let argv = ["--server=x", "--auth=password", "--username=ci", "--application=dev", &revision];
    let failure = order(&argv, &[("ARGOCD_AUTH_TOKEN", "t")]).unwrap_err();
    assert_eq!(failure.cause, "input `password` is required and empty");
    let argv = [&argv[..], &["--password=env:P"]].concat();
    let credential = order(&argv, &[("P", "hunter2")]).unwrap().server.credential;
    assert!(
        matches!(credential, Credential::Password { user, password } if user == "ci" && password.expose() == "hunter2")
    );
}

#[test]
fn a_job_and_a_pod_sign_in_as_what_they_are() {
    let revision = format!("--revision={SHA}");
    let least = ["--server=x", "--application=dev", &revision];
    let credential = |argv: &[&str]| match order(&[&least[..], argv].concat(), &[]).unwrap().server.credential
    {
        Credential::Federated(federated) => federated,
        credential => panic!("{credential:?}"),
    };
    let Federated { source, audience, connector } =
        credential(&["--auth=oidc", "--audience=argocd", "--connector=github"]);
    assert_eq!(
        (source, audience.as_deref(), connector.as_deref()),
        (Source::GitHub, Some("argocd"), Some("github"))
    );
    let Federated { source, audience, connector } =
        credential(&["--auth=service-account", "--token-file=/run/token", "--connector="]);
    assert_eq!((source, audience, connector), (Source::File("/run/token".into()), None, None));
}

#[test]
fn what_belongs_to_another_way_to_sign_in_is_refused() {
    let revision = format!("--revision={SHA}");
    let least = ["--server=x", "--application=dev", &revision];
    let problems = |argv: &[&str]| {
        let failure = order(&[&least[..], argv].concat(), &[("ARGOCD_AUTH_TOKEN", "t")]).unwrap_err();
        if failure.notes.is_empty() { failure.cause } else { failure.notes.join("\n") }
    };
    let argv =
        ["--connector=dex", "--audience=argocd", "--token-file=t", "--username=ci", "--client-cert-file=c"];
    insta::assert_snapshot!(problems(&argv), @r"
    input `username` is for `auth: password`, not for `auth: token`
    input `audience` is for `auth: oidc`, not for `auth: token`
    input `connector` is for `auth: oidc` and `auth: service-account`, not for `auth: token`
    input `token-file` is for `auth: service-account`, not for `auth: token`
    input `client-key-file` is required with `client-cert-file`
    ");
    insta::assert_snapshot!(
        problems(&["--auth=service-account", "--token-file=/var/run/secrets/kubernetes.io/serviceaccount/token"]),
        @"input `token-file` is the pod's token for the Kubernetes API, which must not go elsewhere: project another one, with Argo CD's audience, by `volumes[].projected.sources[].serviceAccountToken`"
    );
    insta::assert_snapshot!(problems(&["--auth=service-account"]), @"input `token-file` is required and empty");
}

#[test]
fn several_are_named_by_their_labels() {
    let revision = format!("--revision={SHA}");
    let least = ["--server=x", "--token=env:T", &revision];
    let env = [("T", "t0ken")];
    let order_of = |more: &[&str]| order(&[&least[..], more].concat(), &env);
    let order = order_of(&["--selector=team=a,!canary", "--project=team"]).unwrap();
    assert_eq!(name(&order.target), r#"team=a,!canary in Scope { project: Some("team"), namespace: None }"#);
    for (more, problem) in [
        (&["--selector=team=a", "--application=dev"][..], "cannot be given together with `application`"),
        (&["--selector=team=a=b"], "is not a label selector"),
        (&[], "`application` is required"),
    ] {
        let cause = order_of(more).unwrap_err().cause;
        assert!(cause.contains(problem), "{cause}");
    }
}

#[test]
fn where_the_revision_is_from_is_read() {
    let revision = format!("--revision={SHA}");
    let least = ["--server=x", "--token=env:T", "--application=dev", &revision];
    let argv = ["--repository-url=git@github.com:org/config.git", "--github-token=env:G"];
    let env = [("T", "t0ken"), ("G", "gh"), ("GITHUB_REPOSITORY", "org/product")];
    let origin = order(&[&least[..], &argv].concat(), &env).unwrap().terms.origin;
    assert_eq!(origin.repository.unwrap().to_string(), "github.com/org/config");
    assert_eq!(origin.workflow.unwrap().to_string(), "github.com/org/product");
    assert_eq!(origin.github.unwrap().endpoints.api, "https://api.github.com");
    let origin = order(&least, &env[..1]).unwrap().terms.origin;
    assert!(origin.repository.is_none() && origin.workflow.is_none() && origin.github.is_none());
}

#[test]
fn resources_and_options_are_read() {
    let revision = format!("--revision={SHA}");
    let least = ["--server=x", "--token=env:T", "--application=dev", &revision];
    let read = |argv: &[&str]| order(&[&least[..], argv].concat(), &[("T", "t0ken")]);
    let terms = read(&[
        "--resources=apps:Deployment:web,!:Service:*",
        "--sync-options=ServerSideApply=true,Validate=false",
    ])
    .unwrap()
    .terms;
    assert!(!terms.resources.are_all());
    assert_eq!(terms.sync_options, ["ServerSideApply=true", "Validate=false"]);
    let failure = read(&["--resources=Deployment/web", "--sync-options=Replace"]).unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r"
    input `resources`: `Deployment/web` is not a resource: expected `GROUP:KIND:NAME` or `GROUP:KIND:NAMESPACE/NAME` (the group of a Service is empty: `:Service:web`), with `!` in front to leave out, and `*` for all of a part
    input `sync-options`: `Replace` is no sync option: write `NAME=VALUE`, such as `ServerSideApply=true`
    ");
}
