use toolkit::AppArgs;

use super::*;
use crate::request::{OnStale, Remote, Target};

const RUN: [(&str, &str); 9] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REPOSITORY", "org/product"),
    ("GITHUB_REF", "refs/heads/dev"),
    ("GITHUB_TOKEN", "ghs_x"),
    ("GITHUB_RUN_NUMBER", "7"),
    ("GITHUB_WORKFLOW", "dev"),
    ("GITHUB_SHA", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
    ("GITHUB_ACTOR", "alice"),
    ("GITHUB_API_URL", "http://127.0.0.1:1"),
];

fn args(files: &[&str], set: &[&str]) -> Args {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    Args { files: texts(files), set: texts(set), ..Args::default() }
}

/// The same file and value somewhere else.
fn to(target: TargetArgs) -> Args {
    Args { target, ..args(&["a"], &["b=c"]) }
}

/// A request of run 7 of workflow `dev` of `org/product`.
pub(crate) fn request(files: &[&str], set: &[&str]) -> Request {
    args(files, set).into_request(&Env::from_pairs(RUN)).unwrap()
}

fn remote(request: &Request) -> &Remote {
    match &request.target {
        Target::Branch(remote) => remote,
        Target::Worktree => panic!("a work tree"),
    }
}

fn problems(args: Args, env: &[(&str, &str)]) -> String {
    let failure = args.into_request(&Env::from_pairs(env.iter().copied())).unwrap_err();
    if failure.notes.is_empty() { failure.cause } else { failure.notes.join("\n") }
}

#[test]
fn a_workflow_needs_only_file_and_value() {
    let request = request(&["./values/dev.yaml"], &["image.tag=v1"]);
    assert_eq!(request.files[0].path, "values/dev.yaml");
    let remote = remote(&request);
    assert_eq!((remote.repository.to_string().as_str(), remote.branch.as_str()), ("org/product", "dev"));
    assert_eq!(remote.graphql_url, "http://127.0.0.1:1/graphql");
    assert_eq!((request.origin.run, request.on_stale), (Some(7), OnStale::Skip));
    assert_eq!(request.timeout, Duration::from_secs(30));
    assert_eq!(request.why, "chosen because this is a workflow");
}

#[test]
fn a_laptop_edits_its_work_tree() {
    let request = args(&["../v.yaml"], &["a=b"]).into_request(&Env::default()).unwrap();
    assert!(matches!(request.target, Target::Worktree));
    let with_token = args(&["v.yaml"], &["a=b"]);
    insta::assert_snapshot!(problems(with_token, &[("GITHUB_TOKEN", "x")]), @r"
    input `repository` is required, and `GITHUB_REPOSITORY` is not set either
    input `branch` is required, and `GITHUB_REF` is not set either
    ");
}

#[test]
fn every_problem_is_named() {
    let bad = Args {
        target: TargetArgs {
            repository: Some("org".into()),
            branch: Some("a..b".into()),
            token: Some("ghp_literal".into()),
            ..TargetArgs::default()
        },
        trailers: vec!["nonsense".into(), "Bump-Run: 1".into()],
        on_stale: Some("retry".into()),
        ..args(&["../x.yaml"], &["image.tag", "a..b=c", "tag="])
    };
    insta::assert_snapshot!(problems(bad, &RUN), @r#"
    input `token` takes no secret on the command line, where every process can read it: put it into an environment variable and pass `--token=env:NAME`
    input `repository`: `org` is not a repository: expected `owner/name`
    input `branch`: `a..b` is not a branch name: expected a name that `git check-ref-format --branch` accepts
    input `files`: `../x.yaml` is not a file of a repository: expected a path from its root without `..`
    input `set`: `image.tag` has no `=`: write `path=value`
    input `set`: `a..b` is not a path: a key is missing at character 3
    input `set`: `tag=` has no value; an empty string is written `tag=""`
    input `trailers`: `nonsense` is not a trailer: write `Key: value`, the key of letters, digits and `-`
    input `trailers`: `Bump-Run` is a trailer that the action writes by itself
    input `on-stale`: `retry` is none of `skip`, `overwrite` and `fail`
    "#);
    insta::assert_snapshot!(problems(args(&[], &[""]), &RUN), @r"
    input `files` is required and empty
    input `set` is required and empty, and so is `images`
    ");
    let git = to(TargetArgs { method: Some("svn".into()), ..TargetArgs::default() });
    insta::assert_snapshot!(problems(git, &RUN), @"input `method`: `svn` is no method: use `auto`, `graphql`, `git-data`, `git` or `worktree`");
}

#[test]
fn the_runs_branch_is_used_only_where_it_is_one() {
    let mut env = RUN;
    env[2].1 = "refs/pull/7/merge";
    insta::assert_snapshot!(problems(args(&["a"], &["b=c"]), &env), @"input `branch` is required, since the run's ref `refs/pull/7/merge` is not a branch");
    let elsewhere = to(TargetArgs { repository: Some("org/manifests".into()), ..TargetArgs::default() });
    insta::assert_snapshot!(problems(elsewhere, &RUN), @"input `branch` is required for another repository");
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let url = "https://x:hunter2@github.com/org/product";
    let target = TargetArgs { repository: Some(url.into()), ..TargetArgs::default() };
    let args = Args { images: vec![url.into()], ..to(target) };
    insta::assert_snapshot!(problems(args, &RUN), @r"
    input `repository`: `https://***@github.com/org/product` is not a repository URL: expected no password in it; pass the token or the SSH key by itself; a repository of GitHub may be written `owner/name`
    input `images` holds a URL (not shown, since it may hold a password): write `registry/repository:tag`
    ");
}

#[test]
fn what_is_not_in_this_version_is_refused() {
    let text = |text: &str| Some(text.to_owned());
    let odd = to(TargetArgs { on_protected: text("merge"), ..TargetArgs::default() });
    insta::assert_snapshot!(problems(odd, &RUN), @"input `on-protected`: `merge` is neither `fail` nor `pull-request`");
    // What is done anyway, and what a workflow's empty expression gives.
    let target = TargetArgs {
        on_protected: text("fail"),
        app: app(Some(""), Some("")),
        require_verified: text(""),
        ..TargetArgs::default()
    };
    let anyway = Args { create: text("false"), follow_alias: text(""), ..to(target) };
    assert!(anyway.into_request(&Env::from_pairs(RUN)).is_ok());
}

fn app(id: Option<&str>, key: Option<&str>) -> AppArgs {
    AppArgs { app_id: id.map(str::to_owned), app_private_key: key.map(str::to_owned) }
}

#[test]
fn an_app_is_enough_and_half_of_one_is_not() {
    let half = to(TargetArgs { app: app(Some("1234"), None), ..TargetArgs::default() });
    insta::assert_snapshot!(problems(half, &RUN), @"input `app-private-key` is required with `app-id`");
    let mut env = RUN.to_vec();
    env.retain(|(name, _)| *name != "GITHUB_TOKEN");
    env.push(("KEY", "pem"));
    let both = TargetArgs { app: app(Some("1234"), Some("env:KEY")), ..TargetArgs::default() };
    let request = to(both).into_request(&Env::from_pairs(env)).unwrap();
    assert_eq!(
        (request.method, request.why),
        (Method::Graphql, "chosen because there is a GitHub App's key")
    );
    assert!(remote(&request).token.is_none() && remote(&request).app.is_some());
}

#[test]
fn what_the_commit_says_is_checked() {
    let text = |text: &str| Some(text.to_owned());
    let given = Args {
        message: text("bump to {version}"),
        co_authors: vec!["actor".into(), "maria".into()],
        skip_ci: text("yes"),
        images: vec!["nginx:1".into(), "docker.io/library/nginx:2".into()],
        create: text("maybe"),
        ..args(&["a"], &["b=c", "x.yml:b=c"])
    };
    insta::assert_snapshot!(problems(given, &RUN), @r"
    input `images`: `nginx:1` and `docker.io/library/nginx:2` are the same image
    input `create`: `maybe` is neither `true` nor `false`
    input `set`: `x.yml:b=c` names the file `x.yml`, which is not one of `files`
    input `message`: `{version}` is none of {path}, {old}, {new}, {file}, {files}, {count}, {changes}, {image}, {tag}, {digest}, {repository}, {branch}, {sha}, {short-sha}, {run}, {actor}; a brace by itself is written `{{`
    input `co-authors`: `maria` is nobody: write `Name <address>`, or `actor` for who started the run
    input `skip-ci`: `yes` is neither `true` nor `false`
    ");
    let given = Args {
        message: text("bump to {new}"),
        co_authors: vec!["actor".into()],
        skip_ci: text("true"),
        reference_commit: text("true"),
        create: text("true"),
        follow_alias: text("true"),
        ..args(&["a"], &["b=c"])
    };
    let request = given.into_request(&Env::from_pairs(RUN)).unwrap();
    assert_eq!(request.words.co_authors, ["alice <alice@users.noreply.github.com>"]);
    assert!(request.words.skip_ci && request.words.reference_commit);
    assert_eq!(request.permit, Permit { create: true, follow_alias: true });
    assert!(request.files[0].edits[0].create && request.files[0].edits[0].follow_alias);
}
