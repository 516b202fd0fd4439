use super::*;
use crate::request::OnStale;

const RUN: [(&str, &str); 8] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REPOSITORY", "org/product"),
    ("GITHUB_REF", "refs/heads/dev"),
    ("GITHUB_TOKEN", "ghs_x"),
    ("GITHUB_RUN_NUMBER", "7"),
    ("GITHUB_WORKFLOW", "dev"),
    ("GITHUB_SHA", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
    ("GITHUB_API_URL", "http://127.0.0.1:1"),
];

fn args(files: &[&str], set: &[&str]) -> Args {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    Args { files: texts(files), set: texts(set), ..Args::default() }
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
        repository: Some("org".into()),
        branch: Some("a..b".into()),
        token: Some("ghp_literal".into()),
        trailers: vec!["nonsense".into(), "Bump-Run: 1".into()],
        on_stale: Some("retry".into()),
        ..args(&["../x.yaml"], &["image.tag", "a..b=c", "tag="])
    };
    insta::assert_snapshot!(problems(bad, &RUN), @r#"
    input `token` takes no secret on the command line, where every process can read it: put it into an environment variable and pass `--token=env:NAME`
    input `files`: `../x.yaml` is not a file of a repository: expected a path from its root without `..`
    input `set`: `image.tag` has no `=`: write `path=value`
    input `set`: `a..b` is not a path: a key is missing at character 3
    input `set`: `tag=` has no value; an empty string is written `tag=""`
    input `repository`: `org` is not a repository: expected `owner/name`
    input `branch`: `a..b` is not a branch name: expected a name that `git check-ref-format --branch` accepts
    input `trailers`: `nonsense` is not a trailer: write `Key: value`, the key of letters, digits and `-`
    input `trailers`: `Bump-Run` is a trailer that the action writes by itself
    input `on-stale`: `retry` is none of `skip`, `overwrite` and `fail`
    "#);
    insta::assert_snapshot!(problems(args(&[], &[""]), &RUN), @r"
    input `files` is required and empty
    input `set` is required and empty, and so is `images`
    ");
    let git = Args { method: Some("git".into()), ..args(&["a"], &["b=c"]) };
    insta::assert_snapshot!(problems(git, &RUN), @"input `method`: `git` is not in this version: use `auto`, `graphql` or `worktree`");
}

#[test]
fn the_runs_branch_is_used_only_where_it_is_one() {
    let mut env = RUN;
    env[2].1 = "refs/pull/7/merge";
    insta::assert_snapshot!(problems(args(&["a"], &["b=c"]), &env), @"input `branch` is required, since the run's ref `refs/pull/7/merge` is not a branch");
    let elsewhere = Args { repository: Some("org/manifests".into()), ..args(&["a"], &["b=c"]) };
    insta::assert_snapshot!(problems(elsewhere, &RUN), @"input `branch` is required for another repository");
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let url = "https://x:hunter2@github.com/org/product";
    let args = Args { repository: Some(url.into()), images: vec![url.into()], ..args(&["a"], &["b=c"]) };
    insta::assert_snapshot!(problems(args, &RUN), @r"
    input `images` holds a URL (not shown, since it may hold a password): write `registry/repository:tag`
    input `repository` holds a URL (not shown, since it may hold a password): write `owner/name`
    ");
}

#[test]
fn what_is_not_in_this_version_is_refused() {
    let text = |text: &str| Some(text.to_owned());
    let given = Args {
        on_protected: text("pull-request"),
        create: text("true"),
        follow_alias: text("true"),
        app_id: text("1234"),
        app_private_key: text("-----BEGIN hunter2"),
        ..args(&["a"], &["b=c"])
    };
    insta::assert_snapshot!(problems(given, &RUN), @r"
    input `on-protected`: `pull-request` is not in this version: use `fail`, and let the token's owner bypass the branch's rules
    input `create` is not in this version: add the key to the file by hand once
    input `follow-alias` is not in this version: write the value where the alias is, so that it has a place of its own
    input `app-id` is not in this version: make a token with `actions/create-github-app-token` and pass it as `token`
    input `app-private-key` is not in this version: make a token with `actions/create-github-app-token` and pass it as `token`
    ");
    let odd = Args { on_protected: text("merge"), ..args(&["a"], &["b=c"]) };
    insta::assert_snapshot!(problems(odd, &RUN), @"input `on-protected`: `merge` is no policy: use `fail`");
    // What is done anyway, and what a workflow's empty expression gives.
    let anyway = Args {
        on_protected: text("fail"),
        create: text("false"),
        follow_alias: text(""),
        app_id: text(""),
        app_private_key: text(""),
        ..args(&["a"], &["b=c"])
    };
    assert!(anyway.into_request(&Env::from_pairs(RUN)).is_ok());
}
