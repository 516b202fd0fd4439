//! Finds where an image is named, so that a line such as `registry/product/dev:TAG` sets what belongs together.
//!
//! All files are looked through before anything is decided: what is in one of them says whether a place in another one
//! counts. [`site`] knows the forms, [`settle`] what is to be written in each, [`nearest`] what was probably meant.

mod entry;
mod group;
mod nearest;
mod settle;
mod site;
mod wanted;

use model::Failure;
use yaml_set::Edit;

use crate::{failures, request::Permit};

pub(crate) use self::wanted::Wanted;
use self::{
    group::Document,
    site::{Form, Site},
};

/// A place where an image is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The image, as it was asked for.
    pub(crate) image: String,
    /// What kind of place it is, in words.
    pub(crate) form: &'static str,
    /// The path of the scalar that names it.
    pub(crate) place: String,
    /// Its line before the edit; none for an entry that is added.
    pub(crate) line: Option<usize>,
    /// Why nothing is set there, if that is so.
    pub(crate) left: Option<&'static str>,
}

/// What is to be done in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InFile {
    pub(crate) edits: Vec<Edit>,
    pub(crate) found: Vec<Found>,
}

/// A file that is looked through.
struct Looked<'t> {
    path: &'t str,
    text: &'t str,
    documents: Vec<Document>,
}

/// Looks for the images in all files, `(path, text)`, and returns what is to be done in each.
pub(crate) fn find(
    wanted: &[Wanted],
    permit: Permit,
    files: &[(&str, &str)],
) -> Result<Vec<InFile>, Failure> {
    if wanted.is_empty() {
        return Ok(files.iter().map(|_| InFile::default()).collect());
    }
    let looked = files.iter().map(|&(path, text)| look(path, text)).collect::<Result<Vec<_>, _>>()?;
    let mut places: Vec<Vec<Site<'_>>> =
        looked.iter().map(|file| file.documents.iter().flat_map(site::sites).collect()).collect();
    for wanted in wanted {
        let is_named = |site: &Site<'_>| wanted.is(&site.name);
        let is_set = |site: &Site<'_>| is_named(site) && (site.has_parts() || permit.create);
        if places.iter().flatten().any(is_set) {
            continue;
        }
        let added = if permit.create { entry::add(wanted, &looked) } else { Vec::new() };
        // A name without tag and digest has to be refused by name; what is found nowhere needs other words.
        if added.is_empty() && !places.iter().flatten().any(is_named) {
            return Err(nearest::not_found(wanted, &looked, &places, permit));
        }
        for (index, site) in added {
            places[index].push(site);
        }
    }
    let mut results = Vec::with_capacity(files.len());
    let elsewhere =
        |wanted: &Wanted| places.iter().flatten().any(|site| wanted.is(&site.name) && site.has_parts());
    for (file, sites) in looked.iter().zip(&places) {
        let mut result = InFile::default();
        for site in sites {
            let Some(wanted) = wanted.iter().find(|wanted| wanted.is(&site.name)) else { continue };
            let skips = !site.has_parts() && !permit.create && elsewhere(wanted);
            if !skips {
                result.edits.extend(settle::edits(file.path, site, wanted, permit)?);
            }
            result.found.push(Found {
                image: wanted.to_string(),
                form: site.form.words(),
                place: site.at.to_string(),
                line: (!matches!(site.form, Form::Added)).then_some(site.line),
                left: skips.then_some("it has neither a tag nor a digest of its own"),
            });
        }
        results.push(result);
    }
    Ok(results)
}

fn look<'t>(path: &'t str, text: &'t str) -> Result<Looked<'t>, Failure> {
    let documents = group::documents(path, text).map_err(|error| failures::of_edit(path, &error))?;
    Ok(Looked { path, text, documents })
}

#[cfg(test)]
mod tests;
