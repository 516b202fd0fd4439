//! Several files and images, entries that are added, and names that are nowhere.

use super::*;

fn texts(files: &[(&str, &str)], images: &[&str], permit: Permit) -> Vec<String> {
    bump_all(files, images, permit).unwrap().into_iter().map(|(text, _)| text).collect()
}

#[test]
fn every_place_is_set_and_listed() {
    let files = [
        ("values.yaml", "web: {image: {repository: x.io/a, tag: v1}}\njob: {image: 'x.io/a:v0'}\n"),
        ("k/kustomization.yaml", "images:\n- name: x.io/a\n  newTag: v1\n- name: x.io/b\n  newTag: v1\n"),
        ("other.yaml", "a: 1\n"),
    ];
    let done = bump_all(&files, &["x.io/a:v2", "x.io/b:v3"], Permit::default()).unwrap();
    let shown: Vec<String> = files
        .iter()
        .zip(&done)
        .flat_map(|((path, _), (_, found))| found.iter().map(move |found| format!("{path} {found:?}")))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    values.yaml Found { image: "x.io/a:v2", form: "Helm values, `repository` and `tag`", place: "web.image.repository", line: Some(1), left: None }
    values.yaml Found { image: "x.io/a:v2", form: "image string", place: "job.image", line: Some(2), left: None }
    k/kustomization.yaml Found { image: "x.io/a:v2", form: "kustomize `images`", place: "images[name=\"x.io/a\"].name", line: Some(2), left: None }
    k/kustomization.yaml Found { image: "x.io/b:v3", form: "kustomize `images`", place: "images[name=\"x.io/b\"].name", line: Some(4), left: None }
    "#);
    insta::assert_snapshot!(done.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join("---\n"), @r"
    web: {image: {repository: x.io/a, tag: v2}}
    job: {image: 'x.io/a:v2'}
    ---
    images:
    - name: x.io/a
      newTag: v2
    - name: x.io/b
      newTag: v3
    ---
    a: 1
    ");
}

#[test]
fn a_name_by_itself_counts_only_where_nothing_else_does() {
    let files = [
        ("a.yaml", "i: {repository: x.io/a, tag: v1}\nj: {repository: x.io/a}\n"),
        ("b.yaml", "repository: x.io/a\n"),
    ];
    let done = bump_all(&files, &["x.io/a:v2"], Permit::default()).unwrap();
    assert_eq!(done[0].0, "i: {repository: x.io/a, tag: v2}\nj: {repository: x.io/a}\n");
    assert_eq!(done[0].1.iter().filter(|found| found.left.is_some()).count(), 1);
    assert_eq!((done[1].0.as_str(), done[1].1[0].left.is_some()), ("repository: x.io/a\n", true));
    let failure = bump_all(&files[1..], &["x.io/a:v2"], Permit::default()).unwrap_err();
    assert_eq!(failure.code.id, "image-incomplete");
}

#[test]
fn create_says_which_places_are_to_be_made() {
    let create = |text: &str, image: &str| {
        let images = [image.parse().unwrap()];
        let found = find(&images, CREATE, &[("kustomization.yaml", text)])?.remove(0);
        let shown = found.edits.iter().map(|edit| format!("{}={}", edit.path, edit.value));
        Ok::<_, Failure>(shown.collect::<Vec<_>>())
    };
    let both = format!("x.io/a:v2@{DIGEST}");
    for (text, image, edits) in [
        ("resources: [a.yaml]\n", "x.io/a:v2", vec![r#"images[name="x.io/a"].newTag=v2"#.to_owned()]),
        // Letter by letter, as kustomize compares.
        ("kind: Kustomization\n", "nginx:1.2", vec!["images[name=nginx].newTag=1.2".to_owned()]),
        (
            "kind: Service\n---\nkind: Component\n",
            &both,
            vec![
                r#"@2.images[name="x.io/a"].newTag=v2"#.to_owned(),
                format!(r#"@2.images[name="x.io/a"].digest={DIGEST}"#),
            ],
        ),
        (
            "images: [{name: app, newName: x.io/a}]\n",
            "x.io/a:v2",
            vec!["images[name=app].newTag=v2".to_owned()],
        ),
        ("image: {repository: x.io/a}\n", "x.io/a:v2", vec!["image.tag=v2".to_owned()]),
    ] {
        assert_eq!(create(text, image).unwrap(), edits, "{text}");
    }
    // An entry of that name that leads elsewhere, and a file that is no kustomization.
    for text in ["images: [{name: x.io/a, newName: y.io/a}]\n", "kind: Deployment\n"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(create(text, "x.io/a:v2").unwrap_err(), @"`x.io/a` is named in none of the files, and none of them is a kustomization that an entry could be added to (image-not-found)");
        }
    }
}

#[test]
fn an_entry_is_added_only_if_the_image_is_named_nowhere() {
    let files = [("dev/kustomization.yaml", "resources: [a]\n"), ("values.yaml", "image: x.io/a:v1\n")];
    assert_eq!(texts(&files, &["x.io/a:v2"], CREATE), ["resources: [a]\n", "image: x.io/a:v2\n"]);
}

#[test]
fn what_is_named_nowhere_lists_the_nearest() {
    let text = "a: {image: x.io/b:v1}\nb: {repository: y.io/a, tag: v1}\nc: {image: x.io/aaa:v1}\n";
    let failure = bump(text, "x.io/a:v2").unwrap_err();
    insta::assert_snapshot!(failure, @"`x.io/a` is named in none of the files (image-not-found)");
    assert_eq!(
        failure.notes,
        [
            "v.yaml:2 names y.io/a at `b.repository`",
            "v.yaml:1 names x.io/b at `a.image`",
            "v.yaml:3 names x.io/aaa at `c.image`"
        ]
    );
}

#[test]
fn what_is_named_where_it_cannot_be_set_is_said() {
    let text = "# was x.io/team/a:v1\nimage: \"{{ .Values.host }}/team/a:{{ .Values.tag }}\"\nargs: [--image=x.io/team/a]\nteam/app: 1\n";
    let failure = bump(text, "x.io/team/a:v2").unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @r"
    v.yaml:1 has `team/a` in a comment
    v.yaml:2 has `team/a` in a template, which becomes an image only when it is rendered
    v.yaml:3 has `team/a` under a key that is no image's, or with another registry
    ");
    let failure = bump("image: {{ .Values.image }}\n", "x.io/a:v2").unwrap_err();
    assert_eq!(failure.code.id, "helm-template");
}
