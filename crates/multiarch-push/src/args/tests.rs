//! From command lines to requests.

use super::*;
use crate::request::BuilderChoice;

const SHA: &str = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";

fn request(argv: &[&str], env: &[(&str, &str)]) -> Result<Request, Failure> {
    let argv = ["multiarch-push"].iter().chain(argv);
    let env = Env::from_pairs(env.iter().copied());
    Args::try_parse_from(argv).unwrap().into_request(&env)
}

#[test]
fn an_image_is_enough_in_a_workflow() {
    let request = request(
        &["--image=127.0.0.1:5000/product/dev"],
        &[("GITHUB_SHA", SHA), ("GITHUB_REPOSITORY", "org/product"), ("SOURCE_DATE_EPOCH", "5")],
    )
    .unwrap();
    assert_eq!(request.tags[0].as_str(), SHA);
    assert_eq!(request.timeout, TIMEOUT);
    assert_eq!(request.origin.epoch, Some(5));
    assert_eq!(request.origin.repository.as_deref(), Some("https://github.com/org/product"));
    assert!(matches!(request.source, Source::Dockerfile(source) if source.builder == BuilderChoice::Auto));
}

#[test]
fn lists_are_split() {
    let request = request(
        &[
            "--image=a.example/b",
            "--tags=v1,v1.2",
            "--tags=v1.2.3",
            "--moving-tags=latest",
            "--platforms=linux/amd64,linux/arm64",
            "--build-args=A=1,2",
            "--labels=a=b=c",
        ],
        &[],
    )
    .unwrap();
    assert_eq!(request.tags.len(), 3);
    assert_eq!(request.labels, [("a".to_owned(), "b=c".to_owned())]);
    let Source::Dockerfile(source) = request.source else { panic!("not a Dockerfile") };
    assert_eq!((source.platforms.len(), source.build_args["A"].as_str()), (2, "1,2"));
}

#[test]
fn every_problem_is_listed() {
    let failure = request(
        &[
            "--image=product/dev",
            "--tags=feature/x",
            "--layout=out",
            "--context=.",
            "--platforms=amd64",
            "--builder=make",
            "--base=a.example/python:3",
            "--append=dist",
            "--entrypoint=python3",
            "--from=a.example/product/dev",
            "--labels=x",
            "--on-existing=maybe",
            "--timeout=1x",
        ],
        &[("SOURCE_DATE_EPOCH", "now")],
    )
    .unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r#"
    input `image`: `product/dev` names no registry: expected `registry/repository`, such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev`
    input `tags`: `feature/x` is not an image tag: expected 1 to 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`
    input `on-existing`: `maybe` is not a rule: expected `same-digest-ok`, `skip`, `overwrite` or `fail`
    input `from` and input `layout` are two kinds of source: give one of the two
    input `from` and input `base` are two kinds of source: give one of the two
    input `from` and input `append` are two kinds of source: give one of the two
    input `from` and input `entrypoint` are two kinds of source: give one of the two
    input `from` and input `context` are two kinds of source: give one of the two
    input `from` and input `builder` are two kinds of source: give one of the two
    input `platforms` cannot be given with `from`, whose images are pushed as they are
    input `labels` cannot be given with `from`, whose images are pushed as they are
    input `platforms`: `amd64` is not a platform: expected `os/architecture[/variant]`, such as `linux/amd64`
    input `labels`: `x` is not of the form `NAME=VALUE`
    input `from` is not in this version: leave it out until then
    input `timeout`: `1x` is not a duration: expected a number with a unit, such as `90s`, `1m30s` or `500ms`
    input `SOURCE_DATE_EPOCH` (a variable of the environment) is no number of seconds since 1970
    "#);
}

#[test]
fn inputs_of_later_versions_are_refused_unless_empty() {
    for input in [
        "append",
        "base",
        "cmd",
        "compression",
        "create-repository",
        "dependencies",
        "entrypoint",
        "env",
        "from",
        "layer-cache",
        "mount-from",
        "provenance",
        "referrers",
        "sbom",
        "user",
        "workdir",
    ] {
        let given =
            |value: &str| request(&["--image=a.example/b", "--tags=v1", &format!("--{input}={value}")], &[]);
        let failure = given("a.example/x").unwrap_err();
        let expected = format!("input `{input}` is not in this version: ");
        assert!(failure.to_string().contains(&expected), "{failure}");
        assert!(given("").is_ok() && given(" ").is_ok(), "{input}");
    }
}

#[test]
fn two_kinds_of_source_are_refused_with_every_pair_named() {
    let kinds = [("from", "a.example/b:1"), ("layout", "out"), ("append", "dist"), ("file", "Dockerfile")];
    for (at, (one, one_value)) in kinds.iter().enumerate() {
        for (other, other_value) in &kinds[at + 1..] {
            let failure = request(
                &[
                    "--image=a.example/b",
                    "--tags=v1",
                    &format!("--{one}={one_value}"),
                    &format!("--{other}={other_value}"),
                ],
                &[],
            )
            .unwrap_err();
            let expected =
                format!("input `{one}` and input `{other}` are two kinds of source: give one of the two");
            assert!(failure.cause == expected || failure.notes.contains(&expected), "{failure}");
        }
    }
}

#[test]
fn images_name_their_registry() {
    for (image, expected) in [
        ("product/dev", "names no registry"),
        ("dev", "names no registry"),
        ("a.example/dev:v1", "has a tag or digest: give `a.example/dev`"),
        ("a.example/Dev", "is not an image name"),
    ] {
        let failure = request(&[&format!("--image={image}"), "--tags=v1"], &[]).unwrap_err();
        assert!(failure.cause.contains(expected), "{failure}");
    }
    assert!(request(&["--image=localhost/dev", "--tags=v1"], &[]).is_ok());
    let failure = request(&["--image=a.example/dev"], &[]).unwrap_err();
    insta::assert_snapshot!(failure.cause, @"input `tags` is required where `GITHUB_SHA` is not set");
}
