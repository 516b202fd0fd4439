//! What would restore the images that were live before: the inputs of bump-values that write them into Git. Pure.

use serde_json::json;

use crate::{
    baseline::Baseline,
    images,
    request::Request,
    wire::{Application, Source},
};

/// The inputs. What cannot be known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Revert {
    /// The files that may hold the images, from the repository's root.
    pub(crate) files: Vec<String>,
    /// The images that were live.
    pub(crate) images: Vec<String>,
    /// `owner/name`, or the address of a repository elsewhere.
    pub(crate) repository: String,
    /// The branch.
    pub(crate) branch: String,
}

/// Finds them, or says why there are none.
pub(crate) fn revert(app: &Application, request: &Request, baseline: &Baseline) -> Result<Revert, String> {
    if request.images.is_empty() {
        return Err("without `images` it is not known which image to restore".to_owned());
    }
    let mut restored = Vec::new();
    for expected in &request.images {
        let before = images::leftovers(std::slice::from_ref(expected), &baseline.images);
        let before: Vec<String> = before
            .into_iter()
            .filter(|image| !images::runs_one_of(&request.images, std::slice::from_ref(image)))
            .collect();
        match before.as_slice() {
            [] => {}
            [one] => restored.push(one.clone()),
            several => {
                return Err(format!(
                    "before, there were pods of several images of {}: {}",
                    expected.name,
                    several.join(", ")
                ));
            }
        }
    }
    if restored.is_empty() {
        return Err(
            "no pod ran another image of the same repository before, so that there is nothing to restore"
                .to_owned(),
        );
    }
    let Some((source, files)) = app.spec.sources().iter().find_map(|source| {
        let files = files(source, app);
        (!files.is_empty()).then_some((*source, files))
    }) else {
        return Ok(Revert { images: restored, ..Revert::default() });
    };
    // Files of another source lie in that one's repository.
    let (owner, files) = match files.first().and_then(|file| referred(file, app)) {
        Some((owner, _)) => {
            let all = files
                .iter()
                .filter_map(|file| referred(file, app))
                .filter(|(other, _)| other.reference == owner.reference);
            (owner, all.map(|(_, file)| file).collect())
        }
        None => (source, files),
    };
    Ok(Revert {
        files,
        images: restored,
        repository: repository(&owner.repo_url),
        branch: if owner.target_revision == "HEAD" { String::new() } else { owner.target_revision.clone() },
    })
}

/// The files of a source that may hold images; those of other sources as `$name/…`.
fn files(source: &Source, app: &Application) -> Vec<String> {
    let at = |file: &str| normal(&format!("{}/{file}", source.path));
    let is = |kind: &str| app.status.source_type == kind;
    if let Some(helm) = source.helm.as_ref().filter(|helm| !helm.value_files.is_empty()) {
        let file = |file: &String| match file.as_str() {
            file if file.contains("://") => None,
            file if file.starts_with('$') => Some(file.to_owned()),
            file => match file.strip_prefix('/') {
                Some(root) => normal(root),
                None => at(file),
            },
        };
        helm.value_files.iter().filter_map(file).collect()
    } else if !source.chart.is_empty() || source.path.is_empty() {
        Vec::new()
    } else if source.helm.is_some() || is("Helm") {
        at("values.yaml").into_iter().collect()
    } else if source.kustomize.is_some() || is("Kustomize") {
        at("kustomization.yaml").into_iter().collect()
    } else {
        Vec::new()
    }
}

/// The source that `$name/path` refers to, and the path.
fn referred<'a>(file: &str, app: &'a Application) -> Option<(&'a Source, String)> {
    let (name, path) = file.strip_prefix('$')?.split_once('/')?;
    let source = app.spec.sources().into_iter().find(|source| source.reference == name)?;
    Some((source, normal(path)?))
}

/// Takes `.` and `..` out of a path; none if it leaves the repository.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `owner/name` of an address of GitHub or the like; else the address, without what may be secret.
fn repository(url: &str) -> String {
    let url = url.strip_suffix(".git").unwrap_or(url).trim_end_matches('/');
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    // A user and a password stand before the host.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let path = rest.split_once(['/', ':']).map_or("", |(_, path)| path);
    // A port is no owner: `ssh://git@host:22/owner/name`.
    let path = path
        .split_once('/')
        .filter(|(port, _)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(path, |(_, path)| path);
    if path.split('/').count() == 2 { path.to_owned() } else { rest.to_owned() }
}

impl Revert {
    /// The inputs as a JSON object: `{"files":"a\nb","images":…}`.
    pub(crate) fn to_json(&self) -> String {
        json!({
            "files": self.files.join("\n"),
            "images": self.images.join("\n"),
            "repository": self.repository,
            "branch": self.branch,
            // Older than what is there: that is the point.
            "on-stale": "overwrite",
        })
        .to_string()
    }

    /// The inputs as lines of a workflow.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = vec!["to restore what was live before, run bump-values with:".to_owned()];
        let mut list = |name: &str, values: &[String], unknown: &str| match values {
            [] => notes.push(format!("  {name}: # {unknown}")),
            values => {
                notes.push(format!("  {name}: |"));
                notes.extend(values.iter().map(|value| format!("    {value}")));
            }
        };
        list("files", &self.files, "the files that name the image");
        list("images", &self.images, "");
        for (name, value) in [("repository", &self.repository), ("branch", &self.branch)] {
            if !value.is_empty() {
                notes.push(format!("  {name}: {value}"));
            }
        }
        notes.push("  on-stale: overwrite".to_owned());
        notes
    }
}

#[cfg(test)]
mod tests;
