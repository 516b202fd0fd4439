//! Leaves values out of an edit: what is newer stays, and the rest is written all the same.
//!
//! The edits of a request cannot be taken apart, since one of them may lead to many places. So the rest is applied again to
//! the same bytes, as one edit for each place.

use model::Failure;
use yaml_set::{Change, Edit, Path, Segment, set};

use super::EditedFile;
use crate::{
    failures,
    message::place,
    request::Permit,
    stale::{Newer, Why},
};

/// The keys that are of one image where they are in one mapping: half of them would name an image that nobody built.
const OF_IMAGE: &[&str] =
    &["name", "image", "registry", "repository", "newName", "tag", "imageTag", "newTag", "digest", "sha"];

/// Returns the files without the values that are `newer`, and without what belongs to those.
pub(crate) fn without(
    files: Vec<EditedFile>,
    newer: &[Newer],
    permit: Permit,
) -> Result<Vec<EditedFile>, Failure> {
    files.into_iter().map(|file| without_in(file, newer, permit)).collect()
}

/// Lists the values that are left as they are.
pub(crate) fn left(files: &[EditedFile]) -> Vec<Newer> {
    files.iter().flat_map(|file| file.left.iter().cloned()).collect()
}

fn without_in(mut file: EditedFile, newer: &[Newer], permit: Permit) -> Result<EditedFile, Failure> {
    let find = |change: &Change| {
        let place = place(&file.path, &change.path);
        newer.iter().find(|newer| newer.place == place)
    };
    let stays: Vec<(&Change, &Newer)> =
        file.changes.iter().filter_map(|change| Some((change, find(change)?))).collect();
    if stays.is_empty() {
        return Ok(file);
    }
    let (mut left, mut edits) = (file.left.clone(), Vec::new());
    for change in &file.changes {
        let own = find(change).cloned();
        let belongs = || {
            let image = image(&change.path)?;
            let (_, with) = stays.iter().find(|(other, _)| self::image(&other.path) == Some(image))?;
            let why = Why::Belongs(with.place.clone());
            Some(Newer { place: place(&file.path, &change.path), commit: None, why })
        };
        match own.or_else(belongs) {
            // What is there already is not left; but nobody is to think that we have set it.
            Some(newer) if change.changed && !left.contains(&newer) => left.push(newer),
            Some(_) => {}
            None => edits.push(again(change, permit)),
        }
    }
    let edited = set(&file.before, &edits).map_err(|error| failures::of_edit(&file.path, &error))?;
    (file.after, file.changes, file.left) = (edited.text, edited.changes, left);
    Ok(file)
}

/// The edit of one place.
fn again(change: &Change, permit: Permit) -> Edit {
    let create = permit.create || change.created;
    Edit::new(change.path.clone(), change.new.clone()).creating(create).following_aliases(permit.follow_alias)
}

/// The mapping of an image, if the value may be a part of one.
fn image(path: &Path) -> Option<(Option<usize>, &[Segment])> {
    let (last, above) = path.segments().split_last()?;
    let is_part = matches!(last, Segment::Key(key) if OF_IMAGE.contains(&key.as_str()));
    is_part.then(|| (path.document(), above))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args::tests::request, edit::all};

    /// What is written, and what is left, where the value at `place` is newer.
    fn rest(text: &str, set: &[&str], newer: &str) -> (String, Vec<String>) {
        let request = request(&["v.yaml"], set);
        let files = all(&request, vec![text.into()]).unwrap();
        let newer = Newer { place: format!("v.yaml:{newer}"), commit: None, why: Why::Run(9) };
        let files = without(files, &[newer], request.permit).unwrap();
        let left = left(&files).iter().map(ToString::to_string).collect();
        (files[0].after.clone(), left)
    }

    #[test]
    fn the_rest_is_written() {
        let (text, left) = rest("a: 1 # x\nb: 1\n", &["a=v2", "b=v3"], "a");
        assert_eq!(text, "a: 1 # x\nb: v3\n");
        assert_eq!(left, ["run 9 has set v.yaml:a already"]);
        let (text, _) = rest("a: [{t: x}, {t: x}, {t: x}]\n", &["a[*].t=w"], "a[1].t");
        assert_eq!(text, "a: [{t: w}, {t: x}, {t: w}]\n");
        let (text, left) = rest("a: 1\nb: 1\n", &["a=v2", "b=v3"], "c");
        assert_eq!((text.as_str(), left.len()), ("a: v2\nb: v3\n", 0));
    }

    #[test]
    fn an_image_is_not_torn_apart() {
        let text = "a: {tag: v1, digest: d1, other: x}\nb: {tag: v1}\n";
        let set = ["a.tag=v2", "a.digest=d2", "a.other=w", "b.tag=v2"];
        let (text, left) = rest(text, &set, "a.tag");
        assert_eq!(text, "a: {tag: v1, digest: d1, other: w}\nb: {tag: v2}\n");
        insta::assert_snapshot!(left.join("\n"), @r"
        run 9 has set v.yaml:a.tag already
        v.yaml:a.digest belongs to v.yaml:a.tag, which is newer
        ");
    }
}
