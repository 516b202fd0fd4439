//! A push that goes wrong half way, or takes two credentials: what it logs, calls and leaves behind.

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use e2e::{Finished, Product, Step, Variables};
use sandbox::faults::{Effect, Fault};
use serde_json::json;

use crate::search::{assert_none, left_behind, secrets};

const REPOSITORY: &str = "product/dev";

/// A job that may push to dev, after its login. What the login leaves goes with it.
struct Job {
    product: Product,
    env: Variables,
    login: Finished,
}

impl Job {
    /// Signs in, narrowed down to `repositories`.
    async fn sign_in(repositories: &str) -> Self {
        let product = Product::start().await;
        let mut env = product.run("push", &json!({}), "dev", &[("id-token", "write")]);
        env.remove("INPUT_TOKEN");
        env.insert("RUNNER_DEBUG".into(), "1".into());
        let login = Step::in_actions("oidc-ecr-login")
            .envs(&env)
            .input("role-to-assume", "arn:aws:iam::123456789012:role/day2-dev")
            .input("aws-region", "eu-central-1")
            .input("repositories", repositories);
        let login = login.finish().await.ok();
        env.insert("DOCKER_CONFIG".into(), login.output("docker-config").to_owned());
        let base = format!("FROM {}/base/python:3.12-slim\n", registry(&product));
        product.file("source/Dockerfile", base.as_bytes());
        Self { product, env, login }
    }

    /// The step that pushes an image of the source.
    fn push(&self) -> Step {
        let source = self.product.file("source/app.py", b"print(1)\n");
        let source = source.parent().map(|path| path.display().to_string()).unwrap_or_default();
        self.step().input("context", source)
    }

    fn step(&self) -> Step {
        Step::in_actions("multiarch-push")
            .envs(&self.env)
            .input("image", format!("{}/{REPOSITORY}", registry(&self.product)))
            .input("tags", "v1")
    }

    /// Searches what a step said and left, and the recipe beside the credential, for every secret of the job and for
    /// `more`.
    fn search(&self, finished: &Finished, more: &[String]) {
        let mut secrets = secrets(&self.product, &[self.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"].clone()]);
        secrets.extend(more.iter().map(|secret| ("another registry's password", secret.clone())));
        assert!(finished.stdout.contains("::debug::"), "the calls are shown:\n{}", finished.log());
        assert_none(&secrets, &left_behind(finished, None), "the push");
        assert_none(&secrets, &left_behind(&self.login, Some(&self.credential())), "the login");
    }

    /// The one file that holds a secret.
    fn credential(&self) -> PathBuf {
        PathBuf::from(self.login.output("docker-config")).join("config.json")
    }
}

fn registry(product: &Product) -> String {
    product.world().urls.registry.trim_start_matches("http://").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_renewed_in_the_middle_is_seen_nowhere() {
    let job = Job::sign_in("").await;
    let world = job.product.world();
    let expired = Effect::Reply {
        status: 403,
        body: "denied: Your authorization token has expired. Reauthenticate and try again.\n".to_owned(),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    };
    world.faults.add(Fault::once("registry", "PUT", "/blobs/uploads/", expired));
    let finished = job.push().finish().await.ok();
    assert_eq!(world.registry.tags(REPOSITORY)["v1"], finished.output("digest"));
    let passwords = world.ecr.passwords();
    assert_eq!(passwords.len(), 2, "the login's and the new one");
    assert!(passwords.iter().any(|password| finished.stdout.contains(&format!("::add-mask::{password}\n"))));
    job.search(&finished, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_cannot_be_renewed_is_seen_nowhere() {
    let job = Job::sign_in("").await;
    let world = job.product.world();
    world.ecr.expire_passwords();
    let trusts_nobody = json!({ "Version": "2012-10-17", "Statement": [] });
    world.sts.add_role("arn:aws:iam::123456789012:role/day2-dev", trusts_nobody);
    let finished = job.push().finish().await;
    assert_eq!(finished.code, Some(1), "{}", finished.log());
    assert!(!world.registry.tags(REPOSITORY).contains_key("v1"));
    job.search(&finished, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_denied_and_a_registry_that_repeats_what_it_was_sent_tell_no_secret() {
    let job = Job::sign_in("base/*=pull\nproduct/dev=pull").await;
    let world = job.product.world();
    let denied = job.push().finish().await;
    assert_eq!(denied.code, Some(1), "{}", denied.log());
    assert!(denied.log().contains("ecr:InitiateLayerUpload"), "{}", denied.log());
    job.search(&denied, &[]);

    let password = world.ecr.passwords().pop().expect("a password");
    let basic = STANDARD.encode(format!("AWS:{password}"));
    let repeated = Effect::Reply {
        status: 403,
        body: json!({ "errors": [{
            "code": "DENIED",
            "message": format!("AWS:{password} may not do this, by Authorization: Basic {basic}"),
        }] })
        .to_string(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    for path in ["/manifests/", "/blobs/uploads/"] {
        let fault = Fault { times: None, ..Fault::once("registry", "", path, repeated.clone()) };
        world.faults.add(fault);
        let finished = job.push().finish().await;
        assert_eq!(finished.code, Some(1), "{}", finished.log());
        job.search(&finished, &[]);
        world.faults.clear();
    }
    assert!(!world.registry.tags(REPOSITORY).contains_key("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn promoting_between_registries_tells_neither_ones_credential() {
    const PASSWORD: &str = "pa55word-of-the-source";
    let mut job = Job::sign_in("").await;
    let source = Product::start().await;
    source.world().registry.add_password(PASSWORD);
    let login = fs::read(job.credential()).expect("the login");
    let mut login: serde_json::Value = serde_json::from_slice(&login).expect("a configuration");
    login["auths"][registry(&source)] = json!({ "username": "AWS", "password": PASSWORD });
    let config = job.product.file("docker/config.json", login.to_string().as_bytes());
    let directory = config.parent().map(|path| path.display().to_string()).unwrap_or_default();
    job.env.insert("DOCKER_CONFIG".into(), directory);
    let from = format!("{}/base/python:3.12-slim", registry(&source));
    let more = [PASSWORD.to_owned(), STANDARD.encode(format!("AWS:{PASSWORD}"))];

    let finished = job.step().input("from", &from).finish().await.ok();
    let (digest, ..) = source.world().registry.manifest("base/python", "3.12-slim").expect("the source");
    assert_eq!(job.product.world().registry.tags(REPOSITORY)["v1"], digest);
    job.search(&finished, &more);

    let repeated = Effect::Reply {
        status: 403,
        body: format!("AWS:{PASSWORD} is not welcome: {}", more.join(" ")),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    };
    let fault = Fault::once("registry", "", "/manifests/", repeated);
    source.world().faults.add(Fault { times: None, ..fault });
    let refused = job.step().input("from", format!("{}/base/ruby:3", registry(&source)));
    let refused = refused.finish().await;
    assert_eq!(refused.code, Some(1), "{}", refused.log());
    assert!(refused.log().contains("is not welcome"), "{}", refused.log());
    job.search(&refused, &more);
}
