//! A credential that ends in the middle, and a repository that is not there: what AWS is asked for by the recipe that a
//! login leaves.

use sandbox::{
    faults::{Effect, Fault},
    oidc::Subject,
};
use serde_json::json;

use crate::stage::{SHA, Stage};

const ROLE: &str = "arn:aws:iam::123456789012:role/day2-dev";
const REQUEST_TOKEN: &str = "request-token-of-the-job";

/// A stage whose job may sign in, by a recipe beside Docker's configuration.
async fn stage() -> Stage {
    let mut stage = Stage::new().await;
    let world = stage.world();
    world.sts.add_role_for(ROLE, "org/day2-product");
    world.oidc.add_job(
        REQUEST_TOKEN,
        Subject {
            repository: "org/day2-product".into(),
            event_name: "push".into(),
            ref_: "refs/heads/dev".into(),
            ..Subject::default()
        },
    );
    let recipe = json!({ "version": 1, "registries": [{
        "host": stage.registry(),
        "region": "eu-central-1",
        "identity": {
            "source": { "kind": "oidc", "role": ROLE, "audience": "sts.amazonaws.com" },
            "session_name": "day2-product-7-1",
            "duration_seconds": 900,
        },
    }] });
    stage.write("docker/day2-login.json", &recipe.to_string());
    let mut env = stage.sandbox.env();
    env.extend([
        (
            "ACTIONS_ID_TOKEN_REQUEST_URL".to_owned(),
            format!("{}/token?api-version=2.0", stage.world().urls.oidc),
        ),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN".to_owned(), REQUEST_TOKEN.to_owned()),
    ]);
    stage.env.extend(env);
    stage
}

fn expired() -> Effect {
    Effect::Reply {
        status: 403,
        body: "denied: Your authorization token has expired. Reauthenticate and try again.\n".to_owned(),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    }
}

/// How often the job has signed in.
fn logins(stage: &Stage) -> usize {
    stage.world().faults.calls().iter().filter(|call| call.service == "sts").count()
}

#[tokio::test]
async fn a_credential_that_ends_in_the_middle_is_renewed_once() {
    let stage = stage().await;
    // All that are under way learn of it at the same time.
    let fault = Fault::once("registry", "PUT", "/blobs/uploads/", expired());
    stage.world().faults.add(Fault { times: Some(3), ..fault });
    let ran = stage.push(&[]).await.unwrap();
    assert_eq!(stage.world().registry.tags("product/dev")[SHA], ran.outputs["digest"]);
    assert_eq!(logins(&stage), 1);
    let password = stage.world().ecr.passwords().pop().unwrap();
    for line in ran.log.lines().filter(|line| line.contains(&password)) {
        assert!(line.starts_with("::add-mask::"), "{line}");
    }
}

#[tokio::test]
async fn one_that_was_over_before_is_renewed_though_the_answer_to_head_has_no_words() {
    let stage = stage().await;
    let old = stage.world().ecr.issue_password(ROLE);
    stage.world().ecr.expire_passwords();
    let login = json!({ "auths": { stage.registry(): { "username": "AWS", "password": old } } });
    stage.write("docker/config.json", &login.to_string());
    let ran = stage.push(&[]).await.unwrap();
    assert_eq!(stage.world().registry.tags("product/dev")[SHA], ran.outputs["digest"]);
    assert_eq!(logins(&stage), 1);
}

#[tokio::test]
async fn a_new_credential_that_is_refused_too_ends_it() {
    let stage = stage().await;
    let fault = Fault::once("registry", "PUT", "/blobs/uploads/", expired());
    stage.world().faults.add(Fault { times: None, ..fault });
    let failure = stage.push(&[]).await.unwrap_err();
    assert_eq!(failure.code.id, "registry-unauthorized");
    assert_eq!(logins(&stage), 1);
    assert!(stage.world().registry.tags("product/dev").is_empty());
}

#[tokio::test]
async fn a_repository_is_made_if_that_is_asked_for() {
    let stage = stage().await;
    let image = format!("--image={}/product/new", stage.registry());
    let failure = stage.push(&[&image]).await.unwrap_err();
    assert_eq!(failure.code.id, "repository-missing");
    stage.push(&[&image, "--create-repository", "--dry-run"]).await.unwrap();
    assert!(!stage.world().registry.repositories().contains(&"product/new".to_owned()));
    let ran = stage.push(&[&image, "--create-repository"]).await.unwrap();
    assert_eq!(stage.world().registry.tags("product/new")[SHA], ran.outputs["digest"]);
}

#[tokio::test]
async fn a_repository_is_not_made_for_an_image_that_is_refused_elsewhere() {
    let stage = stage().await;
    stage.world().registry.seed_base_image("product/dev", SHA, &["linux/amd64"]).unwrap();
    let other = format!("--image={}/product/new", stage.registry());
    let argv = [stage.argv(), vec![other, "--create-repository".to_owned()]].concat();
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists-different");
    assert!(!stage.world().registry.repositories().contains(&"product/new".to_owned()));
}

#[tokio::test]
async fn without_a_way_to_make_a_repository_it_is_told() {
    let stage = Stage::new().await;
    let image = format!("--image={}/product/new", stage.registry());
    let failure = stage.push(&[&image, "--create-repository"]).await.unwrap_err();
    assert_eq!(failure.code.id, "repository-missing");
    assert!(failure.remedy.contains("oidc-ecr-login"), "{}", failure.remedy);
}
