mod forms;
mod several;

use model::Failure;

use super::*;
use crate::request::Permit;

const DIGEST: &str = "sha256:0101010101010101010101010101010101010101010101010101010101010101";
const OLD: &str = "sha256:0202020202020202020202020202020202020202020202020202020202020202";
const CREATE: Permit = Permit { create: true, follow_alias: false };

/// The files after the bump, and what was found.
fn bump_all(
    files: &[(&str, &str)],
    images: &[&str],
    permit: Permit,
) -> Result<Vec<(String, Vec<Found>)>, Failure> {
    let images: Vec<Wanted> = images.iter().map(|image| image.parse().unwrap()).collect();
    let found = find(&images, permit, files)?;
    let set = |((path, text), found): (&(&str, &str), InFile)| {
        let edited =
            yaml_set::set(text, &found.edits).map_err(|error| crate::failures::of_edit(path, &error))?;
        Ok((edited.text, found.found))
    };
    files.iter().zip(found).map(set).collect()
}

/// One file after the bump.
fn bump_with(text: &str, image: &str, permit: Permit) -> Result<String, Failure> {
    Ok(bump_all(&[("v.yaml", text)], &[image], permit)?.remove(0).0)
}

fn bump(text: &str, image: &str) -> Result<String, Failure> {
    bump_with(text, image, Permit::default())
}
