//! The forms in which files name images.

use model::{ImageName, ImageRef};
use yaml_set::{Path, Scalar, Segment};

use super::group::{Document, Group};

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `repository` with `tag` and `digest`, maybe with `registry`.
    Helm,
    /// `name` or `image` with a `tag` or a `digest` beside it.
    Named,
    /// An entry of a kustomization's `images`.
    Kustomize,
    /// One string with all of it.
    Whole,
    /// An entry of `images` that is to be added to a kustomization.
    Added,
}

impl Form {
    /// Says it in words, for log and summary.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Helm => "Helm values, `repository` and `tag`",
            Self::Named => "values, name and `tag`",
            Self::Kustomize => "kustomize `images`",
            Self::Whole => "image string",
            Self::Added => "kustomize `images`, added",
        }
    }
}

/// A place where an image is named.
pub(super) struct Site<'s> {
    pub(super) name: ImageName,
    pub(super) form: Form,
    /// The scalar that names it.
    pub(super) at: Path,
    /// That scalar's line.
    pub(super) line: usize,
    pub(super) parts: Parts<'s>,
}

/// Where tag and digest are.
pub(super) enum Parts<'s> {
    /// They have scalars of their own.
    Apart { tag: Slot<'s>, digest: Slot<'s> },
    /// They are in the string that names the image.
    Within(&'s str),
}

/// The place of a tag or a digest.
pub(super) struct Slot<'s> {
    /// Where it is, or would be.
    pub(super) path: Path,
    pub(super) scalar: Option<&'s Scalar>,
}

impl Site<'_> {
    /// Whether it has a place for a tag or a digest.
    pub(super) fn has_parts(&self) -> bool {
        match &self.parts {
            Parts::Apart { tag, digest } => tag.scalar.is_some() || digest.scalar.is_some(),
            Parts::Within(_) => true,
        }
    }
}

/// Returns the places of a document.
pub(super) fn sites(document: &Document) -> Vec<Site<'_>> {
    document.groups.iter().flat_map(|group| of_group(document, group)).collect()
}

fn of_group<'s>(document: &Document, group: &'s Group) -> Vec<Site<'s>> {
    let mut sites = Vec::new();
    if is_kustomize_entry(document, group) {
        sites.extend(kustomize(document, group));
        return sites;
    }
    sites.extend(helm(group).or_else(|| named(group)));
    for (key, scalar) in group.iter() {
        sites.extend(string(group, key, scalar));
    }
    if is_key(group.place.segments().last(), "images")
        && is_key(group.place.segments().iter().rev().nth(1), "kustomize")
    {
        sites.extend(group.items.iter().filter_map(within));
    }
    sites
}

fn is_key(segment: Option<&Segment>, wanted: &str) -> bool {
    matches!(segment, Some(Segment::Key(key)) if key == wanted)
}

/// `images[0]` at the top of a kustomization, or of a file without a kind that has kustomize's keys there.
fn is_kustomize_entry(document: &Document, group: &Group) -> bool {
    let has_keys = ["newTag", "newName"].iter().any(|key| group.get(key).is_some());
    group.is_entry() && (document.is_kustomization() || has_keys && !document.is_another_kind())
}

/// An entry is addressed by its `name`, which stays when others come and go.
fn kustomize<'s>(document: &Document, group: &'s Group) -> Option<Site<'s>> {
    let is_renamed = group.text("newName").is_some();
    let key = if is_renamed { "newName" } else { "name" };
    let mut at = group.get(key)?.clone();
    let name = at.value.as_deref()?.parse().ok()?;
    let mut place = group.place.clone();
    if let Some(entry) = group.text("name") {
        let same =
            document.groups.iter().filter(|other| other.is_entry() && other.text("name") == Some(entry));
        if same.count() == 1 {
            let by_name = Segment::Where { key: "name".to_owned(), value: entry.to_owned() };
            place = document.root.child(Segment::Key("images".to_owned())).child(by_name);
            at.path = place.child(Segment::Key(key.to_owned()));
        }
    }
    Some(apart(group, &place, Form::Kustomize, name, &at, &["newTag"], &["digest"]))
}

/// Charts that write the digest as bare hexadecimal digits have it in `sha`.
const DIGEST: &[&str] = &["digest", "sha"];

fn helm(group: &Group) -> Option<Site<'_>> {
    let (at, repository) = (group.get("repository")?, group.text("repository")?);
    let full = match group.text("registry") {
        Some(registry) => format!("{}/{repository}", registry.trim_end_matches('/')),
        None => repository.to_owned(),
    };
    let image: ImageRef = full.parse().ok()?;
    if image.tag.is_some() || image.digest.is_some() {
        return within(at);
    }
    Some(apart(group, &group.place, Form::Helm, image.name, at, &["tag", "imageTag"], DIGEST))
}

/// `image: {name: x, tag: v1}`, also in a list of such, and `image: x` beside `tag: v1`.
fn named(group: &Group) -> Option<Site<'_>> {
    let key = group.place.segments().iter().rev().find_map(|segment| match segment {
        Segment::Key(key) => Some(key.to_ascii_lowercase()),
        _ => None,
    });
    let is_image = key.is_some_and(|key| key.ends_with("image") || key.ends_with("images"));
    let has_parts = ["tag", "imageTag", "digest"].iter().any(|key| group.get(key).is_some());
    let key = if group.get("image").is_some() { "image" } else { "name" };
    if !has_parts || !(is_image || key == "image") {
        return None;
    }
    let (at, text) = (group.get(key)?, group.text(key)?);
    let full = match group.text("registry") {
        Some(registry) => format!("{}/{text}", registry.trim_end_matches('/')),
        None => text.to_owned(),
    };
    let image: ImageRef = full.parse().ok()?;
    let is_bare = image.tag.is_none() && image.digest.is_none();
    is_bare.then(|| apart(group, &group.place, Form::Named, image.name, at, &["tag", "imageTag"], DIGEST))
}

/// `image: x:v1` in manifests and values, `sidecarImage: x:v1` and the `image.reference` of an image volume.
fn string<'s>(group: &Group, key: &str, scalar: &'s Scalar) -> Option<Site<'s>> {
    let site = within(scalar)?;
    let has_tag = scalar.value.as_deref().is_some_and(|text| text.contains([':', '@']));
    let beside = ["tag", "imageTag", "digest"].iter().any(|key| group.get(key).is_some());
    let is_one = match key {
        "image" => has_tag || !beside,
        "reference" => is_key(group.place.segments().last(), "image"),
        key => has_tag && key.ends_with("Image"),
    };
    is_one.then_some(site)
}

/// A scalar that is a whole image. Argo CD's `spec.source.kustomize.images` have `name=` before it.
fn within(scalar: &Scalar) -> Option<Site<'_>> {
    let text = scalar.value.as_deref().filter(|text| !text.is_empty())?;
    let image = text.split_once('=').map_or(text, |(_, image)| image);
    let ImageRef { name, .. } = image.parse().ok()?;
    Some(Site {
        name,
        form: Form::Whole,
        at: scalar.path.clone(),
        line: scalar.line,
        parts: Parts::Within(text),
    })
}

fn apart<'s>(
    group: &'s Group,
    place: &Path,
    form: Form,
    name: ImageName,
    at: &Scalar,
    tags: &[&str],
    digests: &[&str],
) -> Site<'s> {
    let slot = |keys: &[&str]| {
        let key =
            keys.iter().find(|key| group.get(key).is_some()).or(keys.first()).copied().unwrap_or_default();
        Slot { path: place.child(Segment::Key(key.to_owned())), scalar: group.get(key) }
    };
    let parts = Parts::Apart { tag: slot(tags), digest: slot(digests) };
    Site { name, form, at: at.path.clone(), line: at.line, parts }
}
