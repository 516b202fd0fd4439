//! Which hosts are called. No call leaves the machine: every host leads to a port that nothing serves.

use std::{io::sink, net::SocketAddr, time::Duration};

use toolkit::Env;

use super::*;
use crate::Kind;

/// Calls STS and ECR and returns what the errors say about where.
async fn called(region: &str, hosts: [&str; 2], env: &[(&str, &str)]) -> String {
    toolkit::http::install_tls_provider();
    // Port 9 (discard) is not served on loopback.
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let client = reqwest::Client::builder()
        .no_proxy()
        .resolve(hosts[0], nowhere)
        .resolve(hosts[1], nowhere)
        .build()
        .unwrap();
    let host = Host::with_streams(Env::from_pairs(env.iter().copied()), Box::new(sink()), Box::new(sink()));
    let aws = Aws::new(&host, client, Deadline::after(Duration::from_secs(5)));
    let region: Region = region.parse().unwrap();
    let keys =
        Keys { access_key_id: "AKIA".into(), secret_access_key: Secret::new("s"), session_token: None };
    let sts = aws.sts(&region, Some(&keys)).get_caller_identity().send().await.unwrap_err();
    let ecr = aws.ecr(&region, &keys).get_authorization_token().send().await.unwrap_err();
    [CallError::new("STS", "", &sts), CallError::new("ECR", "", &ecr)]
        .map(|error| match error.kind {
            Kind::Unreachable(text) => text.split(": ").next().unwrap_or_default().to_owned(),
            other => format!("{other:?}"),
        })
        .join("\n")
}

#[tokio::test]
async fn hosts_are_regional() {
    let hosts = ["sts.eu-central-1.amazonaws.com", "api.ecr.eu-central-1.amazonaws.com"];
    insta::assert_snapshot!(called("eu-central-1", hosts, &[]).await, @r"
    cannot connect to https://sts.eu-central-1.amazonaws.com
    cannot connect to https://api.ecr.eu-central-1.amazonaws.com
    ");
}

#[tokio::test]
async fn the_environment_chooses_endpoints() {
    let hosts = ["sts.us-gov-west-1.amazonaws.com", "api.ecr-fips.us-gov-west-1.amazonaws.com"];
    let fips = [("AWS_USE_FIPS_ENDPOINT", "true")];
    insta::assert_snapshot!(called("us-gov-west-1", hosts, &fips).await, @r"
    cannot connect to https://sts.us-gov-west-1.amazonaws.com
    cannot connect to https://api.ecr-fips.us-gov-west-1.amazonaws.com
    ");
    let hosts = ["aws.example", "ecr.example"];
    let env = [("AWS_ENDPOINT_URL", "http://aws.example"), ("AWS_ENDPOINT_URL_ECR", "http://ecr.example:81")];
    insta::assert_snapshot!(called("eu-central-1", hosts, &env).await, @r"
    cannot connect to http://aws.example
    cannot connect to http://ecr.example:81
    ");
}

#[tokio::test]
async fn configured_urls_can_be_ignored() {
    let hosts = ["sts.eu-central-1.amazonaws.com", "ecr.eu-central-1.api.aws"];
    let env = [
        ("AWS_ENDPOINT_URL", "http://aws.example"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "TRUE"),
    ];
    let called = called("eu-central-1", hosts, &env).await;
    assert!(
        !called.contains("aws.example") && called.contains("https://ecr.eu-central-1.api.aws"),
        "{called}"
    );
}
