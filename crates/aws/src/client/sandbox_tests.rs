//! The sandbox's ECR as the SDK sees it, with what no action calls but others may.

use std::{io::sink, time::Duration};

use sandbox::{Config, Sandbox};
use toolkit::{Env, Host, http};

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/day2-dev";

#[tokio::test]
async fn the_sandbox_answers_as_the_sdk_expects() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let world = sandbox.world();
    world.sts.add_role_for(ROLE, "org/day2-product");
    let session = world.sts.start_session(ROLE, "test").unwrap();
    let keys = Keys {
        access_key_id: session.access_key_id,
        secret_access_key: Secret::new(session.secret_access_key),
        session_token: Some(Secret::new(session.session_token)),
    };
    let host = Host::with_streams(Env::from_pairs(sandbox.env()), Box::new(sink()), Box::new(sink()));
    let client = http::client(&http::ClientOptions::default()).unwrap();
    let aws = Aws::new(&host, client, Deadline::after(Duration::from_secs(5)));
    let ecr = aws.ecr(&"eu-central-1".parse().unwrap(), &keys);
    let created = ecr.create_repository().repository_name("a/b").send().await.unwrap();
    assert!(created.repository().unwrap().repository_uri().unwrap().ends_with("/a/b"));
    let again = ecr.create_repository().repository_name("a/b").send().await.unwrap_err();
    assert!(again.into_service_error().is_repository_already_exists_exception());
    let described = ecr.describe_repositories().repository_names("none").send().await.unwrap_err();
    assert!(described.into_service_error().is_repository_not_found_exception());
    let digest = world.registry.seed_blob("a/b", b"layer").unwrap();
    let layers = ecr
        .batch_check_layer_availability()
        .repository_name("a/b")
        .layer_digests(&digest)
        .layer_digests("sha256:0000000000000000000000000000000000000000000000000000000000000000")
        .send()
        .await
        .unwrap();
    let sizes: Vec<Option<i64>> = layers.layers().iter().map(aws_sdk_ecr::types::Layer::layer_size).collect();
    assert_eq!(sizes, [Some(5), None]);
}
