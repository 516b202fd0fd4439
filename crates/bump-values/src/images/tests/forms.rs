//! One file, one image: each form, and what becomes of tag and digest in it.

use super::*;

#[test]
fn finds_every_form() {
    for (before, image, after) in [
        // Helm.
        (
            "image:\n  repository: x.io/a\n  tag: v1\n",
            "x.io/a:v2",
            "image:\n  repository: x.io/a\n  tag: v2\n",
        ),
        (
            "i: {registry: x.io, repository: a/b, tag: v1}\n",
            "x.io/a/b:v2",
            "i: {registry: x.io, repository: a/b, tag: v2}\n",
        ),
        (
            "i: {registry: x.io/, repository: a, tag: v1}\n",
            "x.io/a:v2",
            "i: {registry: x.io/, repository: a, tag: v2}\n",
        ),
        (
            "i: {registry: '', repository: nginx, tag: v1}\n",
            "nginx:v2",
            "i: {registry: '', repository: nginx, tag: v2}\n",
        ),
        ("i: {repository: x.io/a, imageTag: v1}\n", "x.io/a:v2", "i: {repository: x.io/a, imageTag: v2}\n"),
        ("repository: x.io/a:v1\n", "x.io/a:v2", "repository: x.io/a:v2\n"),
        // A name with a tag beside it.
        ("image: {name: x.io/a, tag: v1}\n", "x.io/a:v2", "image: {name: x.io/a, tag: v2}\n"),
        (
            "webImage: {registry: x.io, name: a, tag: v1}\n",
            "x.io/a:v2",
            "webImage: {registry: x.io, name: a, tag: v2}\n",
        ),
        ("images:\n- {name: x.io/a, tag: v1}\n", "x.io/a:v2", "images:\n- {name: x.io/a, tag: v2}\n"),
        ("image: x.io/a\ntag: v1\n", "x.io/a:v2", "image: x.io/a\ntag: v2\n"),
        ("image: x.io/a\nimageTag: v1\n", "x.io/a:v2", "image: x.io/a\nimageTag: v2\n"),
        // kustomize.
        (
            "images:\n- name: app\n  newName: x.io/a\n  newTag: v1\n",
            "x.io/a:v2",
            "images:\n- name: app\n  newName: x.io/a\n  newTag: v2\n",
        ),
        ("images:\n- name: x.io/a\n  newTag: v1\n", "x.io/a:v2", "images:\n- name: x.io/a\n  newTag: v2\n"),
        (
            "kind: Component\nimages: [{name: x.io/a, newTag: v1}]\n",
            "x.io/a:v2",
            "kind: Component\nimages: [{name: x.io/a, newTag: v2}]\n",
        ),
        // Strings.
        ("c:\n- image: nginx:1.25 # web\n", "nginx:1.26", "c:\n- image: nginx:1.26 # web\n"),
        ("c:\n- image: nginx\n", "nginx:1.26", "c:\n- image: nginx:1.26\n"),
        ("image: library/nginx:1\n", "docker.io/nginx:2", "image: library/nginx:2\n"),
        ("image: index.docker.io/nginx:1\n", "nginx:2", "image: index.docker.io/nginx:2\n"),
        ("image: X.io/a:1\n", "x.io/a:2", "image: X.io/a:2\n"),
        (
            "a: 1\n---\nspec: {image: 'x.io:5000/a:v1'}\n",
            "x.io:5000/a:v2",
            "a: 1\n---\nspec: {image: 'x.io:5000/a:v2'}\n",
        ),
        ("sidecarImage: x.io/a:v1\n", "x.io/a:v2", "sidecarImage: x.io/a:v2\n"),
        ("image: {reference: x.io/a:v1}\n", "x.io/a:v2", "image: {reference: x.io/a:v2}\n"),
        (
            "kustomize: {images: ['app=x.io/a:v1', 'x.io/b:v1']}\n",
            "x.io/a:v2",
            "kustomize: {images: ['app=x.io/a:v2', 'x.io/b:v1']}\n",
        ),
        // Others stay.
        (
            "image: x.io/a:v1\nother: {image: x.io/b:v1}\n",
            "x.io/a:v2",
            "image: x.io/a:v2\nother: {image: x.io/b:v1}\n",
        ),
    ] {
        assert_eq!(bump(before, image).unwrap(), after, "{before}");
    }
}

#[test]
fn finds_every_container_of_a_manifest() {
    for (kind, above, indent) in [
        ("Deployment", "spec:\n  template:\n    spec:\n", 6),
        ("Rollout", "spec:\n  template:\n    spec:\n", 6),
        ("Pod", "spec:\n", 2),
        ("CronJob", "spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n", 10),
    ] {
        let list = |name: &str, tag: &str| {
            let indent = " ".repeat(indent);
            format!(
                "{indent}{name}:\n{indent}- name: c\n{indent}  image: x.io/a:{tag}\n{indent}- image: y.io/a:v1\n"
            )
        };
        let manifest = |tag: &str| {
            let lists = ["initContainers", "containers", "ephemeralContainers"].map(|name| list(name, tag));
            format!("kind: {kind}\n{above}{}", lists.concat())
        };
        assert_eq!(bump(&manifest("v1"), "x.io/a:v2").unwrap(), manifest("v2"));
    }
}

#[test]
fn tag_and_digest_go_together() {
    let kustomize = |rest: &str| format!("images:\n- name: x.io/a\n  newName: x.io/a\n{rest}");
    let helm = |rest: &str| format!("repository: x.io/a\n{rest}");
    let (tag, digest) = ("x.io/a:v2".to_owned(), format!("x.io/a@{DIGEST}"));
    let both = format!("x.io/a:v2@{DIGEST}");
    for (before, image, after) in [
        // A digest wins, so that the one of another image must not stay.
        (helm(&format!("tag: v1\ndigest: {OLD}\n")), &tag, helm("tag: v2\ndigest: \"\"\n")),
        (helm("tag: v1\ndigest: ''\n"), &tag, helm("tag: v2\ndigest: ''\n")),
        (helm("tag: v1\ndigest:\n"), &tag, helm("tag: v2\ndigest:\n")),
        // A chart takes an empty tag for its own version.
        (helm(&format!("tag: v1\ndigest: {OLD}\n")), &digest, helm(&format!("tag: v1\ndigest: {DIGEST}\n"))),
        (helm(&format!("tag: v1\ndigest: {OLD}\n")), &both, helm(&format!("tag: v2\ndigest: {DIGEST}\n"))),
        // Some charts write the digits only.
        (
            helm(&format!("tag: v1\nsha: {}\n", &OLD[7..])),
            &both,
            helm(&format!("tag: v2\nsha: \"{}\"\n", &DIGEST[7..])),
        ),
        (helm(&format!("tag: v1\nsha: a{}\n", &OLD[8..])), &tag, helm("tag: v2\nsha: \"\"\n")),
        // kustomize takes an empty string for none.
        (
            kustomize(&format!("  newTag: v1\n  digest: {OLD}\n")),
            &tag,
            kustomize("  newTag: v2\n  digest: \"\"\n"),
        ),
        (
            kustomize("  newTag: v1\n  digest:\n"),
            &digest,
            kustomize(&format!("  newTag: \"\"\n  digest: {DIGEST}\n")),
        ),
        (kustomize(&format!("  digest: {OLD}\n")), &digest, kustomize(&format!("  digest: {DIGEST}\n"))),
        (
            kustomize("  newTag: v1\n  digest:\n"),
            &both,
            kustomize(&format!("  newTag: v2\n  digest: {DIGEST}\n")),
        ),
        // A string is what was asked for.
        (format!("image: x.io/a:v1@{OLD}\n"), &tag, "image: x.io/a:v2\n".to_owned()),
        (format!("image: x.io/a:v1@{OLD}\n"), &digest, format!("image: x.io/a@{DIGEST}\n")),
        (format!("image: x.io/a@{OLD}\n"), &both, format!("image: {both}\n")),
    ] {
        assert_eq!(bump(&before, image).unwrap(), after, "{before}{image}");
    }
}

#[test]
fn a_part_without_a_place_needs_create() {
    let both = format!("x.io/a:v2@{DIGEST}");
    for (text, image, message) in [
        (
            "image: {repository: x.io/a, tag: v1}\n",
            both.as_str(),
            "`v.yaml` names x.io/a at `image.repository`, but has no `image.digest` for its digest (image-incomplete)",
        ),
        (
            "image:\n  repository: x.io/a\n",
            "x.io/a:v2",
            "`v.yaml` names x.io/a at `image.repository`, but has no `image.tag` for its tag (image-incomplete)",
        ),
        (
            "images: [{name: x.io/a, newName: x.io/a, digest: ''}]\n",
            "x.io/a:v2",
            "`v.yaml` names x.io/a at `images[name=\"x.io/a\"].newName`, but has no `images[name=\"x.io/a\"].newTag` for its tag (image-incomplete)",
        ),
    ] {
        assert_eq!(bump(text, image).unwrap_err().to_string(), message);
    }
}

#[test]
fn what_only_looks_like_an_image_is_none() {
    for text in [
        "repository: https://charts.x.io/a\nversion: v1\n",
        "name: x.io/a\ntag: v1\n",
        "label: {name: x.io/a, tag: v1}\n",
        "baseImage: x.io/a\n",
        "images: [x.io/a:v1]\n",
        "image: \"{{ .Values.name }}:v1\"\n",
        "reference: x.io/a:v1\n",
    ] {
        assert_eq!(bump(text, "x.io/a:v2").unwrap_err().code.id, "image-not-found", "{text}");
    }
}

#[test]
fn aliases_count_as_what_they_stand_for() {
    let text = "v: &tag v1\nn: &name x.io/a\nimage: {repository: *name, tag: *tag}\n";
    let failure = bump(text, "x.io/a:v2").unwrap_err();
    assert_eq!((failure.code.id, failure.location.unwrap().line), ("yaml-refused", Some(3)));
    // One that is written out is set, although the name is an alias.
    let text = "n: &name x.io/a\nimage: {repository: *name, tag: v1}\n";
    assert_eq!(bump(text, "x.io/a:v2").unwrap(), text.replace("v1", "v2"));
}
