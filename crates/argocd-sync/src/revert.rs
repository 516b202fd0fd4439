//! What would restore the images that were live before: the inputs of bump-values that write them into Git. Pure.

use serde_json::json;

use crate::{
    baseline::Baseline,
    images,
    ours::{Place, place},
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
    /// Whether the branch is known to hold something else than our revision by now.
    pub(crate) is_overtaken: bool,
}

/// Finds them, or says why there are none.
pub(crate) fn revert(
    app: &Application,
    request: &Request,
    baseline: &Baseline,
    is_overtaken: bool,
) -> Result<Revert, String> {
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
    let (repository, branch, files) = location(app, request);
    Ok(Revert { files, images: restored, repository, branch, is_overtaken })
}

/// The repository, the branch and the files of our source: what others hold is not what we have set.
fn location(app: &Application, request: &Request) -> (String, String, Vec<String>) {
    let sources = app.spec.sources();
    let ours: Vec<&Source> = match place(&app.spec, &request.origin) {
        Ok(Place::Among(indices)) => {
            indices.iter().filter_map(|index| sources.get(*index).copied()).collect()
        }
        Ok(Place::Only) | Err(_) => sources.clone(),
    };
    let owned: Vec<(&Source, String)> = sources
        .iter()
        .flat_map(|source| files(source, app).into_iter().map(|file| (*source, file)))
        .filter_map(
            |(source, file)| {
                if file.starts_with('$') { referred(&file, app) } else { Some((source, file)) }
            },
        )
        .filter(|(owner, _)| ours.iter().any(|source| std::ptr::eq(*source, *owner)))
        .collect();
    let first = ours.iter().copied().find(|source| source.chart.is_empty());
    let Some(owner) = owned.first().map(|(owner, _)| *owner).or(first) else {
        return Default::default();
    };
    let is_there = |source: &Source| {
        source.repo_url == owner.repo_url && source.target_revision == owner.target_revision
    };
    let files = owned.into_iter().filter(|(source, _)| is_there(source)).map(|(_, file)| file).collect();
    let branch = if owner.target_revision == "HEAD" { "" } else { &owner.target_revision };
    (repository(&owner.repo_url), branch.to_owned(), files)
}

/// The files of a source that may hold images; those of other sources as `$name/…`.
fn files(source: &Source, app: &Application) -> Vec<String> {
    let at = |file: &str| normal(&format!("{}/{file}", source.path));
    // With a hydrator this is the kind of what was rendered.
    let is = |kind: &str| app.spec.source_hydrator.is_none() && app.status.source_type == kind;
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
            "on-stale": self.on_stale(),
        })
        .to_string()
    }

    /// What is restored is older than what is there, which is the point, unless that is somebody else's by now.
    fn on_stale(&self) -> &'static str {
        if self.is_overtaken { "skip" } else { "overwrite" }
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
        notes.push(format!("  on-stale: {}", self.on_stale()));
        notes.push(if self.is_overtaken {
            "its branch has gone on since: a newer image there is kept".to_owned()
        } else {
            "only while Git still names the image of this deployment: it overwrites a newer one as well"
                .to_owned()
        });
        notes
    }
}

#[cfg(test)]
mod tests;
