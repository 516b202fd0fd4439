//! Finds where an image is named, so that a line such as `registry/product/dev:TAG` sets what belongs together.
//!
//! Three forms are known: `repository` with `tag` and `digest` in one mapping, maybe with `registry` (Helm);
//! entries of `images` with `name`, `newName`, `newTag` and `digest` (kustomize); and `image:` strings (manifests).

use std::collections::BTreeMap;

use model::{Failure, ImageName, ImageRef};
use yaml_set::{Edit, Path, Scalar, Segment};

use crate::{
    codes::{IMAGE_INCOMPLETE, IMAGE_NOT_FOUND},
    failures,
};

/// A search for images through all files.
pub(crate) struct Search<'r> {
    images: &'r [ImageRef],
    found: Vec<bool>,
    /// Names that are no match, and where they are.
    others: Vec<(ImageName, String)>,
}

/// The scalars of one mapping by their keys.
type Group<'s> = BTreeMap<&'s str, &'s Scalar>;

impl<'r> Search<'r> {
    /// Starts a search.
    pub(crate) fn new(images: &'r [ImageRef]) -> Self {
        Self { images, found: vec![false; images.len()], others: Vec::new() }
    }

    /// Returns the edits of one file.
    pub(crate) fn edits(&mut self, file: &str, text: &str) -> Result<Vec<Edit>, Failure> {
        if self.images.is_empty() {
            return Ok(Vec::new());
        }
        let scalars = yaml_set::scalars(text).map_err(|error| failures::of_edit(file, &error))?;
        let mut edits = Vec::new();
        for (place, group) in groups(&scalars) {
            for site in sites(&place, &group) {
                match self.images.iter().position(|image| image.name == site.name) {
                    Some(index) => {
                        self.found[index] = true;
                        edits.extend(site.edits(file, &self.images[index])?);
                    }
                    None => self.others.push((site.name, format!("{file}:{}", site.at))),
                }
            }
        }
        Ok(edits)
    }

    /// Fails if an image was found nowhere; what has the same last part of its name is named first.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let Some(index) = self.found.iter().position(|found| !found) else { return Ok(()) };
        let image = &self.images[index];
        let last = |name: &ImageName| name.repository().rsplit('/').next().map(str::to_owned);
        self.others.sort_by_key(|(name, _)| last(name) != last(&image.name));
        let failure =
            Failure::new(&IMAGE_NOT_FOUND, format!("`{}` is named in none of the files", image.name));
        Err(self
            .others
            .iter()
            .take(10)
            .fold(failure, |failure, (name, place)| failure.with_note(format!("{place} names {name}"))))
    }
}

fn groups(scalars: &[Scalar]) -> Vec<(Path, Group<'_>)> {
    let mut groups: Vec<(Path, Group<'_>)> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for scalar in scalars {
        let Some((place, Segment::Key(key))) = scalar.path.split_last() else { continue };
        let index = *known.entry(place.to_string()).or_insert(groups.len());
        if index == groups.len() {
            groups.push((place, Group::new()));
        }
        groups[index].1.insert(key, scalar);
    }
    groups
}

/// A place where an image is named.
struct Site<'s> {
    name: ImageName,
    at: &'s Path,
    form: Form<'s>,
}

enum Form<'s> {
    /// Tag and digest have scalars of their own.
    Parts { tag: Option<&'s Scalar>, digest: Option<&'s Scalar>, clears_tag: bool },
    /// All of it is one string.
    Whole(&'s str),
}

fn sites<'s>(place: &Path, group: &Group<'s>) -> Vec<Site<'s>> {
    let text =
        |key: &str| group.get(key).and_then(|scalar| scalar.value.as_deref()).filter(|text| !text.is_empty());
    let part = |key: &str| group.get(key).copied();
    let mut sites = Vec::new();
    if let (Some(scalar), Some(repository)) = (part("repository"), text("repository")) {
        let full =
            text("registry").map_or_else(|| repository.to_owned(), |host| format!("{host}/{repository}"));
        if let (Ok(name), true) = (full.parse(), group.contains_key("tag") || group.contains_key("digest")) {
            // A chart takes an empty tag for its own version, so that one is never cleared.
            let form = Form::Parts { tag: part("tag"), digest: part("digest"), clears_tag: false };
            sites.push(Site { name, at: &scalar.path, form });
        }
    }
    if is_kustomize_entry(place)
        && let Some(scalar) = part("newName").filter(|_| text("newName").is_some()).or_else(|| part("name"))
        && let Some(Ok(name)) = scalar.value.as_deref().map(str::parse)
    {
        let form = Form::Parts { tag: part("newTag"), digest: part("digest"), clears_tag: true };
        sites.push(Site { name, at: &scalar.path, form });
    }
    if let (Some(scalar), Some(image)) = (part("image"), text("image"))
        && let Ok(ImageRef { name, .. }) = image.parse()
    {
        sites.push(Site { name, at: &scalar.path, form: Form::Whole(image) });
    }
    sites
}

/// `images[0]` at the top of a document.
fn is_kustomize_entry(place: &Path) -> bool {
    matches!(place.segments(), [Segment::Key(key), Segment::Index(_)] if key == "images")
}

impl Site<'_> {
    fn edits(&self, file: &str, image: &ImageRef) -> Result<Vec<Edit>, Failure> {
        let tag = image.tag.as_ref().map(model::Tag::as_str);
        let digest = image.digest.as_ref().map(model::Digest::as_str);
        match &self.form {
            Form::Whole(old) => {
                // The name stays as it is written: `nginx` does not become `docker.io/library/nginx`.
                let name = old.split('@').next().unwrap_or(old);
                let colon = name.rfind(':').filter(|&at| !name[at..].contains('/'));
                let name = &name[..colon.unwrap_or(name.len())];
                let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
                let digest = digest.map(|digest| format!("@{digest}")).unwrap_or_default();
                Ok(vec![Edit::new(self.at.clone(), format!("{name}{tag}{digest}"))])
            }
            Form::Parts { tag: tag_at, digest: digest_at, clears_tag } => {
                let mut edits = Vec::new();
                edits.extend(self.part(file, "tag", *tag_at, tag, *clears_tag)?);
                // A digest beats the tag, so that one of another image must not stay.
                edits.extend(self.part(file, "digest", *digest_at, digest, true)?);
                Ok(edits)
            }
        }
    }

    fn part(
        &self,
        file: &str,
        what: &str,
        at: Option<&Scalar>,
        wanted: Option<&str>,
        clears: bool,
    ) -> Result<Option<Edit>, Failure> {
        match (at, wanted) {
            (Some(scalar), Some(value)) => Ok(Some(Edit::new(scalar.path.clone(), value))),
            (None, Some(_)) => Err(Failure::new(
                &IMAGE_INCOMPLETE,
                format!("`{file}` names {} at `{}`, but has no place for its {what}", self.name, self.at),
            )
            .at(file, None)),
            (Some(scalar), None)
                if clears && scalar.value.as_deref().is_some_and(|text| !text.is_empty()) =>
            {
                Ok(Some(Edit::new(scalar.path.clone(), "")))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
