//! The hosts of every partition, as the SDK's own rules say them.

use super::*;
use crate::{HostForm, Region, RegistryHost};

/// A region, FIPS, dual-stack, and the hosts of STS and of ECR's interface; `-` where the partition has none.
const HOSTS: &[(&str, bool, bool, &str, &str)] = &[
    ("eu-central-1", false, false, "sts.eu-central-1.amazonaws.com", "api.ecr.eu-central-1.amazonaws.com"),
    ("us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com", "api.ecr-fips.us-east-1.amazonaws.com"),
    ("us-west-2", false, true, "sts.us-west-2.api.aws", "ecr.us-west-2.api.aws"),
    ("us-west-2", true, true, "sts-fips.us-west-2.api.aws", "ecr-fips.us-west-2.api.aws"),
    ("us-gov-west-1", false, false, "sts.us-gov-west-1.amazonaws.com", "api.ecr.us-gov-west-1.amazonaws.com"),
    (
        "us-gov-west-1",
        true,
        false,
        "sts.us-gov-west-1.amazonaws.com",
        "api.ecr-fips.us-gov-west-1.amazonaws.com",
    ),
    ("us-gov-east-1", false, true, "sts.us-gov-east-1.api.aws", "ecr.us-gov-east-1.api.aws"),
    ("cn-north-1", false, false, "sts.cn-north-1.amazonaws.com.cn", "api.ecr.cn-north-1.amazonaws.com.cn"),
    (
        "cn-northwest-1",
        false,
        true,
        "sts.cn-northwest-1.api.amazonwebservices.com.cn",
        "ecr.cn-northwest-1.api.amazonwebservices.com.cn",
    ),
    ("us-iso-east-1", false, false, "sts.us-iso-east-1.c2s.ic.gov", "api.ecr.us-iso-east-1.c2s.ic.gov"),
    (
        "us-isob-east-1",
        false,
        false,
        "sts.us-isob-east-1.sc2s.sgov.gov",
        "api.ecr.us-isob-east-1.sc2s.sgov.gov",
    ),
    (
        "us-isof-south-1",
        false,
        false,
        "sts.us-isof-south-1.csp.hci.ic.gov",
        "api.ecr.us-isof-south-1.csp.hci.ic.gov",
    ),
    (
        "eu-isoe-west-1",
        false,
        false,
        "sts.eu-isoe-west-1.cloud.adc-e.uk",
        "api.ecr.eu-isoe-west-1.cloud.adc-e.uk",
    ),
    (
        "eusc-de-east-1",
        false,
        false,
        "sts.eusc-de-east-1.amazonaws.eu",
        "api.ecr.eusc-de-east-1.amazonaws.eu",
    ),
];

fn host(url: Option<String>) -> String {
    url.unwrap().strip_prefix("https://").unwrap().to_owned()
}

#[tokio::test]
async fn hosts_are_those_of_the_sdk() {
    for &(region, fips, dual_stack, sts, ecr) in HOSTS {
        let endpoints = Endpoints { fips, dual_stack, ..Endpoints::default() };
        let parsed: Region = region.parse().unwrap();
        assert_eq!(host(endpoints.sts_url(&parsed).await), sts, "{region} {fips} {dual_stack}");
        assert_eq!(host(endpoints.ecr_url(&parsed).await), ecr, "{region} {fips} {dual_stack}");
        if !dual_stack {
            // A registry is below the same suffix as the interface, with or without FIPS.
            let account = "123456789012".parse().unwrap();
            let registry = RegistryHost::of(&account, &parsed, HostForm { fips, dual_stack }).to_string();
            assert_eq!(registry.replace("123456789012.dkr.", "api."), ecr, "{region} {fips}");
        }
    }
}

#[test]
fn the_environment_is_read_as_by_the_other_tools() {
    let of = |pairs: &[(&str, &str)]| Endpoints::of(&Env::from_pairs(pairs.iter().copied()));
    assert_eq!(of(&[]), Endpoints::default());
    let both = of(&[("AWS_USE_FIPS_ENDPOINT", "TRUE"), ("AWS_USE_DUALSTACK_ENDPOINT", "true")]);
    assert!(both.fips && both.dual_stack);
    assert!(!of(&[("AWS_USE_FIPS_ENDPOINT", "1")]).fips, "only `true` is on, as in the SDKs");
    let urls = of(&[("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_ECR", "http://ecr")]);
    assert_eq!(
        [urls.sts, urls.ecr, urls.ecr_public].map(Option::unwrap),
        ["http://all", "http://ecr", "http://all"]
    );
    let ignored =
        of(&[("AWS_ENDPOINT_URL_STS", "http://sts"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]);
    assert_eq!(ignored, Endpoints::default());
}
