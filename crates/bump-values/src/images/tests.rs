use super::*;

const DIGEST: &str = "sha256:0101010101010101010101010101010101010101010101010101010101010101";

fn bump(text: &str, image: &str) -> Result<String, Failure> {
    let images = [image.parse().unwrap()];
    let mut search = Search::new(&images);
    let edits = search.edits("v.yaml", text)?;
    search.finish()?;
    Ok(yaml_set::set(text, &edits).unwrap().text)
}

#[test]
fn finds_every_form() {
    for (before, image, after) in [
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
            "images:\n- name: app\n  newName: x.io/a\n  newTag: v1\n",
            "x.io/a:v2",
            "images:\n- name: app\n  newName: x.io/a\n  newTag: v2\n",
        ),
        ("images:\n- name: x.io/a\n  newTag: v1\n", "x.io/a:v2", "images:\n- name: x.io/a\n  newTag: v2\n"),
        ("c:\n- image: nginx:1.25 # web\n", "nginx:1.26", "c:\n- image: nginx:1.26 # web\n"),
        (
            "a: 1\n---\nspec: {image: 'x.io:5000/a:v1'}\n",
            "x.io:5000/a:v2",
            "a: 1\n---\nspec: {image: 'x.io:5000/a:v2'}\n",
        ),
        (
            "image: x.io/a:v1\nother: {image: x.io/b:v1}\n",
            "x.io/a:v2",
            "image: x.io/a:v2\nother: {image: x.io/b:v1}\n",
        ),
    ] {
        assert_eq!(bump(before, image).unwrap(), after);
    }
}

#[test]
fn tag_and_digest_go_together() {
    let helm = format!("repository: x.io/a\ntag: v1\ndigest: {DIGEST}\n");
    assert_eq!(bump(&helm, "x.io/a:v2").unwrap(), "repository: x.io/a\ntag: v2\ndigest: \"\"\n");
    let both = format!("x.io/a:v2@{DIGEST}");
    assert_eq!(bump(&helm, &both).unwrap(), helm.replace("v1", "v2"));
    let kustomize = "images:\n- name: x.io/a\n  newTag: v1\n  digest:\n";
    let pinned = format!("images:\n- name: x.io/a\n  newTag: \"\"\n  digest: {DIGEST}\n");
    assert_eq!(bump(kustomize, &format!("x.io/a@{DIGEST}")).unwrap(), pinned);
    assert_eq!(bump("image: x.io/a:v1\n", &both).unwrap(), format!("image: {both}\n"));
    let failure = bump("repository: x.io/a\ntag: v1\n", &both).unwrap_err();
    insta::assert_snapshot!(failure, @"`v.yaml` names x.io/a at `repository`, but has no place for its digest (image-incomplete)");
}

#[test]
fn what_is_named_nowhere_lists_the_nearest() {
    let text = "a: {image: x.io/b:v1}\nb: {repository: y.io/a, tag: v1}\n";
    let failure = bump(text, "x.io/a:v2").unwrap_err();
    insta::assert_snapshot!(failure, @"`x.io/a` is named in none of the files (image-not-found)");
    assert_eq!(failure.notes, ["v.yaml:b.repository names y.io/a", "v.yaml:a.image names x.io/b"]);
}
