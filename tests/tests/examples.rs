//! The examples of bump-values, played: the files of each directory in a sandbox, and the step of its own workflow with the
//! permissions that the workflow grants.
#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use e2e::{Finished, Step};
use sandbox::{Config, Sandbox, github::RunSpec};

const SHA: &str = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";

/// A directory of `examples` in a sandbox of its own.
struct Example {
    sandbox: Sandbox,
    directory: PathBuf,
    /// Where its files are.
    repository: &'static str,
}

impl Example {
    async fn start(name: &str, repository: &'static str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
        let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
        let github = &sandbox.world().github;
        github.create_repository_from_dir(repository, &directory, &[]).await.expect("a repository");
        if repository != "org/shop" {
            github.create_repository("org/shop", &[("app.py", b"v1\n")], &[]).await.expect("a repository");
        }
        Self { sandbox, directory, repository }
    }

    /// The values of the one step of a workflow, and the permissions of its job.
    fn step(&self, workflow: &str, known: &[(&str, &str)]) -> (Inputs, Inputs) {
        let path = self.directory.join(".github/workflows").join(workflow);
        let text = fs::read_to_string(path).expect("the workflow");
        let (mut with, mut permissions) = (BTreeMap::new(), BTreeMap::new());
        for scalar in yaml_set::scalars(&text).expect("YAML") {
            let (path, value) = (scalar.path.to_string(), scalar.value.unwrap_or_default());
            if let Some(name) = path.strip_prefix("jobs.bump.permissions.") {
                permissions.insert(name.to_owned(), value);
            } else if let Some(name) = path.strip_prefix("jobs.bump.steps[0].with.") {
                with.insert(name.to_owned(), resolved(&value, known));
            } else if path == "jobs.bump.steps[0].uses" {
                assert_eq!(value, "org/day2-actions/bump-values@v1");
            }
        }
        (with, permissions)
    }

    /// Runs the step of a workflow of `org/shop`. `known` are the values of expressions.
    async fn play(&self, workflow: &str, known: &[(&str, &str)]) -> Finished {
        let (with, permissions) = self.step(workflow, known);
        let run = self.sandbox.world().github.start_run(RunSpec {
            repository: "org/shop".to_owned(),
            event_name: "push".to_owned(),
            ref_: "refs/heads/main".to_owned(),
            sha: SHA.to_owned(),
            actor: "alice".to_owned(),
            workflow_ref: format!("org/shop/.github/workflows/{workflow}@refs/heads/main"),
            permissions,
            ..RunSpec::default()
        });
        let mut env = self.sandbox.env();
        env.extend(run.env());
        let step = Step::in_actions("bump-values").envs(&env).input("token", &run.token);
        with.iter().fold(step, |step, (name, value)| step.input(name, value)).finish().await.ok()
    }

    async fn read(&self, path: &str) -> String {
        let github = &self.sandbox.world().github;
        let bytes = github.read_file(self.repository, "main", path).await.expect("the file");
        String::from_utf8(bytes).expect("text")
    }

    /// The file as the example has it.
    fn original(&self, path: &str) -> String {
        fs::read_to_string(self.directory.join(path)).expect("the file")
    }

    /// How many commits there are beyond the first; each has to have one parent.
    async fn commits(&self) -> usize {
        let github = &self.sandbox.world().github;
        let mut at = github.branch_sha(self.repository, "main").await.expect("the branch");
        let mut length = 0;
        loop {
            match github.parents(self.repository, &at).await.expect("a commit").as_slice() {
                [] => return length,
                [parent] => at.clone_from(parent),
                several => panic!("{at} has {} parents", several.len()),
            }
            length += 1;
        }
    }
}

type Inputs = BTreeMap<String, String>;

/// Puts values in the place of `${{ … }}`; one that is not known fails the test.
fn resolved(text: &str, known: &[(&str, &str)]) -> String {
    let text = known.iter().fold(text.to_owned(), |text, (expression, value)| {
        text.replace(&format!("${{{{ {expression} }}}}"), value)
    });
    assert!(!text.contains("${{"), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn same_repository() {
    let example = Example::start("bump-same-repository", "org/shop").await;
    let known = [("github.sha", SHA)];
    let file = "deploy/values.yaml";
    let done = example.play("bump.yml", &known).await;
    assert_eq!(example.read(file).await, example.original(file).replace(&"0".repeat(40), SHA));
    assert_eq!((example.commits().await, done.output("verified")), (1, "true"));
    let again = example.play("bump.yml", &known).await;
    assert_eq!((example.commits().await, again.output("changed")), (1, "false"));
}

#[tokio::test(flavor = "multi_thread")]
async fn manifest_repository() {
    let example = Example::start("bump-manifest-repository", "org/manifests").await;
    let github = &example.sandbox.world().github;
    let app = github.create_app("bumper").expect("an App");
    github.install_app(app.id, "org", &["org/manifests"], &[("contents", "write"), ("metadata", "read")]);
    let id = app.id.to_string();
    let known = [
        ("github.ref_name", "v1.1.0"),
        ("vars.BUMP_APP_ID", id.as_str()),
        ("secrets.BUMP_APP_PRIVATE_KEY", app.pem.as_str()),
    ];
    let done = example.play("release.yml", &known).await;
    let file = "shop/deployment.yaml";
    assert_eq!(example.read(file).await, example.original(file).replace("v1.0.0", "v1.1.0"));
    assert_eq!((example.commits().await, done.output("verified")), (1, "true"));
    // The runner takes the lines that say what to mask out of the log.
    let log = done.log();
    let mut shown = log.lines().filter(|line| !line.starts_with("::add-mask::"));
    assert!(!shown.any(|line| line.contains(&app.pem[100..140])), "the key is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn kustomize_overlays() {
    let example = Example::start("bump-kustomize-overlays", "org/shop").await;
    let file = |overlay: &str| format!("overlays/{overlay}/kustomization.yaml");
    for (commits, overlay) in ["dev", "stage", "prod"].into_iter().enumerate() {
        let known = [("inputs.overlay || 'dev'", overlay), ("inputs.tag || github.sha", "v1.1.0")];
        drop(example.play("promote.yml", &known).await);
        assert_eq!(example.commits().await, commits + 1);
    }
    let dev = example.original(&file("dev")).replace("v1.0.0", "v1.1.0");
    assert_eq!(example.read(&file("dev")).await, dev);
    let digest = format!("sha256:{}", "01".repeat(32));
    let stage = example.original(&file("stage")).replace("newTag: \"\"", "newTag: \"v1.1.0\"");
    assert_eq!(example.read(&file("stage")).await, stage.replace(&digest, "\"\""));
    let entry = "images:\n  - name: ghcr.io/org/shop\n    newTag: v1.1.0\n";
    assert_eq!(example.read(&file("prod")).await, example.original(&file("prod")) + entry);
}

#[tokio::test(flavor = "multi_thread")]
async fn monorepo() {
    let example = Example::start("bump-monorepo", "org/shop").await;
    let bump = |service: &'static str| {
        let example = &example;
        async move {
            let known = [("matrix.service", service), ("github.sha", SHA)];
            example.play("services.yml", &known).await
        }
    };
    let (cart, catalog, payment, web) =
        tokio::join!(bump("cart"), bump("catalog"), bump("payment"), bump("web"));
    for done in [cart, catalog, payment, web] {
        assert_eq!((done.output("changed"), done.output("verified")), ("true", "true"), "{}", done.log());
    }
    let file = "deploy/values.yaml";
    assert_eq!(example.read(file).await, example.original(file).replace(&"0".repeat(40), SHA));
    assert_eq!(example.commits().await, 4);
}
