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
    input `from`: `a.example/product/dev` has neither a digest nor a tag: expected `a.example/product/dev@sha256:…`
    input `timeout`: `1x` is not a duration: expected a number with a unit, such as `90s`, `1m30s` or `500ms`
    input `SOURCE_DATE_EPOCH` (a variable of the environment) is no number of seconds since 1970
    "#);
}

#[test]
fn a_repository_is_made_only_if_that_is_asked_for() {
    for (given, expected) in [("", false), ("true", true), ("false", false)] {
        let given = format!("--create-repository={given}");
        let request = request(&["--image=a.example/b", "--tags=v1", &given], &[]).unwrap();
        assert_eq!(request.create_repository, expected, "{given}");
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

#[test]
fn several_destinations_and_repositories_to_mount_from() {
    let both = ["--image=a.example/b", "--image=c.example/d", "--image=a.example/b", "--tags=v1"];
    let good = request(&[&both[..], &["--mount-from=base/python"]].concat(), &[]).unwrap();
    assert_eq!(good.images.len(), 2, "one that is named twice is one");
    assert_eq!(good.mount_from, ["base/python"]);
    for value in ["base/python:3", "Base", "base/python@sha256:1"] {
        let failure = request(&[&both[..], &[&format!("--mount-from={value}")]].concat(), &[]).unwrap_err();
        assert!(failure.cause.contains("is not a repository's name"), "{failure}");
    }
    let failure = request(&["--image=a.example/b", "--image=dev", "--tags=v1"], &[]).unwrap_err();
    assert!(failure.cause.contains("names no registry"), "{failure}");
}

#[test]
fn files_are_appended_to_a_base() {
    let request = request(
        &[
            "--image=a.example/b",
            "--tags=v1",
            "--base=a.example/base:3",
            "--append=bin/{arch}:/app",
            "--append=conf",
            "--platforms=linux/amd64",
            "--entrypoint=[\"/app/serve\", \"--port\"]",
            "--cmd=80",
            "--cmd=x y",
            "--env=A=b=c",
            "--user=1000",
            "--workdir=/app",
            "--compression=zstd",
            "--layer-cache=/cache",
            "--dependencies=opt/**",
        ],
        &[("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1.2")],
    )
    .unwrap();
    assert_eq!(request.origin.version.as_deref(), Some("v1.2"));
    assert_eq!(request.layers.compression.as_str(), "zstd");
    assert_eq!(request.layers.cache.unwrap().to_str(), Some("/cache"));
    assert!(request.layers.dependencies.is_some());
    let Source::Append(source) = request.source else { panic!("nothing is appended") };
    assert_eq!(
        source.append.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["bin/{arch}:/app", "conf"]
    );
    assert_eq!(source.entrypoint.unwrap(), ["/app/serve", "--port"]);
    assert_eq!(source.cmd.unwrap(), ["80", "x y"]);
    assert_eq!(source.env, [("A".to_owned(), "b=c".to_owned())]);
    assert_eq!((source.platforms.len(), source.user.as_deref()), (1, Some("1000")));
}

#[test]
fn appending_needs_a_base_and_words() {
    let failure = request(
        &[
            "--image=a.example/b",
            "--tags=v1",
            "--append=bin/{cpu}",
            "--entrypoint=[1]",
            "--workdir=app",
            "--compression=xz",
            "--dependencies=[x",
        ],
        &[],
    )
    .unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r"
    input `compression`: `xz` is not a compression: expected `gzip` or `zstd`
    input `dependencies`: `[x` is not a pattern: unclosed character class; missing ']'
    input `base` is required and empty
    input `append`: `bin/{cpu}` is not something to append: expected `SOURCE` or `SOURCE:DESTINATION`, with no placeholders but `{os}`, `{arch}` and `{variant}`
    input `entrypoint`: `[1]` is not a JSON array of texts: invalid type: integer `1`, expected a string at line 1 column 2
    input `workdir`: `app` does not begin with a slash
    ");
}

#[test]
fn layers_are_kept_below_the_tool_cache() {
    let cache = |argv: &[&str], env: &[(&str, &str)]| {
        let argv: Vec<&str> = ["--image=a.example/b", "--tags=v1"].iter().chain(argv).copied().collect();
        request(&argv, env).unwrap().layers.cache.map(|path| path.to_str().unwrap().to_owned())
    };
    let env = [("RUNNER_TOOL_CACHE", "/tools"), ("GITHUB_REPOSITORY_ID", "7")];
    assert_eq!(cache(&[], &env).as_deref(), Some("/tools/day2-actions/layers/7"));
    assert_eq!(cache(&[], &env[..1]), None, "no repository must find another one's");
    assert_eq!(cache(&["--layer-cache=off"], &env), None);
    assert_eq!(cache(&[], &[]), None);
}

#[test]
fn what_goes_along_depends_on_the_source() {
    let run = [("GITHUB_REPOSITORY", "org/product"), ("GITHUB_RUN_ID", "42")];
    let with = |more: &[&str]| {
        let argv = ["--image=a.example/b", "--tags=v1"];
        request(&argv.iter().chain(more).copied().collect::<Vec<_>>(), &run).map(|request| request.attest)
    };
    assert!(with(&["--from=a.example/c:1"]).unwrap().referrers);
    assert!(!with(&["--from=a.example/c:1", "--referrers=false"]).unwrap().referrers);
    assert!(!with(&["--layout=out"]).unwrap().referrers);
    assert!(with(&["--layout=out", "--referrers"]).unwrap().referrers);
    let attest = with(&["--sbom=sbom.json", "--provenance=true"]).unwrap();
    assert!(attest.sbom.is_some() && attest.provenance.is_some());
    for (more, expected) in [
        (&["--referrers=true"][..], "input `referrers` is about the image in `from` or `layout`"),
        (&["--from=a.example/c:1", "--provenance"], "input `provenance` cannot be given with `from`"),
        (&["--provenance=maybe"], "input `provenance`: `maybe` is neither `true` nor `false`"),
    ] {
        let failure = with(more).unwrap_err();
        assert!(failure.cause.starts_with(expected), "{failure}");
    }
    let failure = request(&["--image=a.example/b", "--tags=v1", "--provenance"], &[]).unwrap_err();
    assert!(failure.cause.starts_with("input `provenance` needs a workflow's run"), "{failure}");
}

#[test]
fn several_layouts_are_taken_each_once() {
    let request =
        request(&["--image=a.example/b", "--tags=v1", "--layout=one", "--layout= two ", "--layout=one"], &[])
            .unwrap();
    assert_eq!(request.source, Source::Layouts(vec!["one".into(), "two".into()]));
}
