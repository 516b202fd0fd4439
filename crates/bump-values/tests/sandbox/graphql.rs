//! Bumps on a branch: what is committed, what is refused, and in which words.

use crate::world::{FILE, Product, REPO, TEXT, run_in};
use sandbox::{
    faults::{Effect, Fault},
    github::BranchRules,
};

const FILES: &str = "--files=values/dev.values.yaml";

#[tokio::test]
async fn one_query_and_one_commit_change_one_scalar() {
    let product = Product::new().await;
    let before = product.tip().await;
    let ended = product.bump(&[FILES, "--set=image.tag=1.20"]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(product.read(FILE).await, TEXT.replace("\"v0\"", "\"1.20\""));
    let tip = product.tip().await;
    assert_eq!((ended.output("changed"), ended.output("commit")), ("true", tip.as_str()));
    assert_eq!((ended.output("superseded"), ended.output("attempts")), ("false", "1"));
    assert_eq!(ended.output("previous"), format!(r#"{{"{FILE}":{{"image.tag":"v0"}}}}"#));
    let github = &product.world().github;
    assert_eq!(github.changed_paths(REPO, &before, &tip).await.unwrap(), [FILE]);
    assert_eq!(github.parents(REPO, &tip).await.unwrap(), [before]);
    assert_eq!(product.world().faults.calls().len(), 2);
    assert!(
        ended.log.contains("value set: image.tag: v0 → 1.20 (values/dev.values.yaml:4)"),
        "{}",
        ended.log
    );
    assert!(
        ended
            .log
            .contains("Method: graphql to branch dev of org/day2-product, chosen because there is a token")
    );
    assert!(ended.summary.contains("+  tag: \"1.20\"   # by the pipeline"), "{}", ended.summary);
}

#[tokio::test]
async fn a_value_that_is_there_is_no_commit() {
    let product = Product::new().await;
    let first = product.bump(&[FILES, "--set=image.tag=v1"]).await;
    let second = product.bump(&[FILES, "--set=image.tag=v1"]).await;
    assert_eq!((second.output("changed"), second.output("attempts")), ("false", "0"));
    assert_eq!(second.output("commit"), first.output("commit"));
    assert_eq!(product.length().await, 1);
}

#[tokio::test]
async fn a_dry_run_shows_the_diff_and_stops() {
    let product = Product::new().await;
    let ended = product.bump(&[FILES, "--set=image.tag=v1", "--dry-run"]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "false"));
    assert!(ended.log.contains("+  tag: \"v1\"   # by the pipeline"), "{}", ended.log);
    assert_eq!(product.length().await, 0);
}

#[tokio::test]
async fn several_files_are_one_commit() {
    let product = Product::with_files(&[("a.yaml", b"tag: v0\n"), ("b.yaml", b"tag: v0\nx: {y: 1}\n")]).await;
    let argv =
        ["--files=a.yaml", "--files=b.yaml", "--set=tag=v1", "--set=b.yaml:x.y=v2", "--message=deploy v1"];
    let ended = product.bump(&argv).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(product.read("a.yaml").await, "tag: v1\n");
    assert_eq!(product.read("b.yaml").await, "tag: v1\nx: {y: v2}\n");
    assert_eq!(product.length().await, 1);
}

#[tokio::test]
async fn an_image_is_found_in_every_file() {
    let manifest = "kind: Job\nspec: {image: x/product:v0}\n---\nkind: Pod\n";
    let product = Product::with_files(&[(FILE, TEXT.as_bytes()), ("job.yaml", manifest.as_bytes())]).await;
    let ended = product.bump(&[FILES, "--files=job.yaml", "--images=x/product:v1"]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(product.read(FILE).await, TEXT.replace("\"v0\"", "\"v1\""));
    assert_eq!(product.read("job.yaml").await, manifest.replace("v0", "v1"));
    let ended = product.bump(&[FILES, "--images=x/produkt:v1"]).await;
    assert_eq!(ended.code(), "image-not-found", "{}", ended.log);
}

#[tokio::test]
async fn a_byte_order_mark_survives() {
    let text = "\u{feff}tag: v0\n";
    let product = Product::with_files(&[("a.yaml", text.as_bytes())]).await;
    let ended = product.bump(&["--files=a.yaml", "--set=tag=v1"]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(product.read("a.yaml").await, "\u{feff}tag: v1\n");
}

#[tokio::test]
async fn each_refusal_has_its_code_and_changes_nothing() {
    let product = Product::with_files(&[
        (FILE, TEXT.as_bytes()),
        ("chart/x.yaml", b"a: {{ .Values.x }}\n"),
        ("bad.yaml", b"a: [\n"),
        ("bytes.yaml", b"a: \xff\n"),
        ("shared.yaml", b"a: &x v\nb: *x\n"),
    ])
    .await;
    for (argv, code) in [
        (&[FILES, "--set=image.tga=v1"][..], "path-not-found"),
        (&["--files=nope.yaml", "--set=a=v1"], "file-not-found"),
        (&["--files=chart", "--set=a=v1"], "file-not-found"),
        (&[FILES, "--set=image.tag=v1", "--branch=nope"], "branch-not-found"),
        (&[FILES, "--set=image.tag=v1", "--repository=org/nope", "--branch=dev"], "repository-not-found"),
        (&["--files=chart/x.yaml", "--set=a=v1"], "helm-template"),
        (&["--files=bad.yaml", "--set=a=v1"], "yaml-invalid"),
        (&["--files=bytes.yaml", "--set=a=v1"], "yaml-invalid"),
        (&["--files=shared.yaml", "--set=a=v1"], "yaml-refused"),
        (&[FILES, "--set=image=v1"], "yaml-refused"),
        (&[FILES, "--set=image.tag=v1", "--set=image.tag=v2"], "invalid-input"),
    ] {
        let ended = product.bump(argv).await;
        assert_eq!(ended.code(), code, "{argv:?} {}", ended.log);
    }
    assert_eq!(product.length().await, 0);
}

#[tokio::test]
async fn tokens_and_rules_have_their_codes() {
    let product = Product::new().await;
    let argv = [FILES, "--set=image.tag=v1"];
    let ended = product.bump_as(&argv, &[("contents", "read")], &[]).await;
    assert_eq!(ended.code(), "permission-denied", "{}", ended.log);
    let failure = ended.failure.unwrap();
    assert!(failure.cause.contains("Resource not accessible by integration"), "{failure}");
    assert!(failure.notes.contains(&"permissions:\n  contents: write".to_owned()), "{:?}", failure.notes);

    let ended = product.bump_as(&argv, &[], &[("GITHUB_TOKEN", "ghs_revoked")]).await;
    assert_eq!(ended.code(), "token-rejected", "{}", ended.log);

    product.world().github.add_rules(REPO, BranchRules::pull_requests_only("dev"));
    let ended = product.bump(&argv).await;
    assert_eq!(ended.code(), "branch-protected", "{}", ended.log);
    assert!(ended.failure.unwrap().cause.contains("Changes must be made through a pull request."));

    product.world().github.clear_rules(REPO);
    let limit = Effect::Reply {
        status: 403,
        body: r#"{"message":"You have exceeded a secondary rate limit."}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![("retry-after".to_owned(), "60".to_owned())],
    };
    product.fail_commit(limit);
    assert_eq!(product.bump(&argv).await.code(), "rate-limited");
    assert_eq!(product.length().await, 0);
}

#[tokio::test]
async fn an_unreachable_server_is_named() {
    let product = Product::new().await;
    let (mut env, _) = product.env(&[("contents", "write")], &[]);
    env.insert("GITHUB_GRAPHQL_URL".to_owned(), "http://127.0.0.1:1/graphql".to_owned());
    let ended = run_in(env, &[FILES, "--set=image.tag=v1", "--timeout=1s"]).await;
    assert_eq!(ended.code(), "unreachable", "{}", ended.log);
}

#[tokio::test]
async fn an_older_run_leaves_the_value_of_a_newer_one() {
    let product = Product::new().await;
    let write = [("contents", "write")];
    let run = |number: &'static str| [("GITHUB_RUN_NUMBER", number)];
    product.bump_as(&[FILES, "--set=image.tag=v9"], &write, &run("9")).await;
    product.bump_as(&[FILES, "--set=keys.k1=b"], &write, &run("11")).await;
    let older = [FILES, "--set=image.tag=v8"];
    let ended = product.bump_as(&older, &write, &run("8")).await;
    assert_eq!((ended.code(), ended.output("superseded"), ended.output("changed")), ("", "true", "false"));
    assert_eq!(ended.output("commit"), product.tip().await);
    let ended = product.bump_as(&[older[0], older[1], "--on-stale=fail"], &write, &run("8")).await;
    assert_eq!((ended.code(), ended.output("superseded")), ("superseded", "true"));
    assert!(product.read(FILE).await.contains("tag: \"v9\""));
    let other = [("GITHUB_RUN_NUMBER", "8"), ("GITHUB_WORKFLOW", "hotfix")];
    let ended = product.bump_as(&[FILES, "--set=image.tag=v7"], &write, &other).await;
    assert_eq!(ended.output("changed"), "true", "{}", ended.log);
    let ended = product.bump_as(&[older[0], older[1], "--on-stale=overwrite"], &write, &run("8")).await;
    assert_eq!(ended.output("changed"), "true", "{}", ended.log);
}

#[tokio::test]
async fn a_work_tree_is_edited_without_any_server() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("v.yaml");
    std::fs::write(&path, TEXT).unwrap();
    let files = format!("--files={}", path.display());
    let ended = run_in([].into(), &[&files, "--set=image.tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("changed"), ended.output("commit")), ("", "true", ""));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), TEXT.replace("\"v0\"", "\"v1\""));
    assert!(ended.log.contains("Method: worktree"), "{}", ended.log);
    let ended = run_in([].into(), &[&files, "--set=image.tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "false"));
    let ended = run_in([].into(), &["--files=/nope/v.yaml", "--set=image.tag=v1"]).await;
    assert_eq!(ended.code(), "file-not-found");
}

#[tokio::test]
async fn a_read_that_fails_is_tried_again() {
    let product = Product::new().await;
    let odd =
        Effect::Reply { status: 502, body: String::new(), content_type: String::new(), headers: Vec::new() };
    product.world().faults.add(Fault::once("github", "POST", "/graphql", odd));
    let ended = product.bump(&[FILES, "--set=image.tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("attempts")), ("", "1"), "{}", ended.log);
}
