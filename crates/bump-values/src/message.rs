//! The commit's message, and reading those of others.

use model::{CommitSha, RepoSlug};
use yaml_set::Change;

use crate::{edit::EditedFile, origin::Origin, request::Request};

/// A message in two parts, as `createCommitOnBranch` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) headline: String,
    pub(crate) body: String,
}

impl Message {
    /// The whole message, as Git has it.
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", self.headline, self.body)
    }
}

/// Writes the message: what was asked for, else what is set; then the trailers. `nonce` finds the commit again.
pub(crate) fn write(request: &Request, files: &[EditedFile], nonce: &str) -> Message {
    let text = request.message.clone().unwrap_or_else(|| default_text(files));
    let (headline, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let mut paragraphs: Vec<String> = Vec::new();
    if !rest.trim().is_empty() {
        paragraphs.push(rest.trim().to_owned());
    }
    paragraphs.push(trailers(request, files, nonce).join("\n"));
    Message { headline: headline.trim().to_owned(), body: paragraphs.join("\n\n") }
}

fn default_text(files: &[EditedFile]) -> String {
    let changes: Vec<(&str, &Change)> = all(files).filter(|(_, change)| change.changed).collect();
    if let [(file, change)] = changes.as_slice() {
        return format!("bump: {} to {} in {file}", change.path, shown(change));
    }
    let lines: Vec<String> = changes
        .iter()
        .map(|(file, change)| format!("- {file}: {} to {}", change.path, shown(change)))
        .collect();
    let mut names: Vec<&str> = changes.iter().map(|(file, _)| *file).collect();
    names.dedup();
    let places =
        if let [name] = names.as_slice() { (*name).to_owned() } else { format!("{} files", names.len()) };
    format!("bump: {} values in {places}\n\n{}", changes.len(), lines.join("\n"))
}

fn shown(change: &Change) -> &str {
    if change.new.is_empty() { "nothing" } else { &change.new }
}

fn all(files: &[EditedFile]) -> impl Iterator<Item = (&str, &Change)> {
    files.iter().flat_map(|file| file.changes.iter().map(move |change| (file.path.as_str(), change)))
}

fn trailers(request: &Request, files: &[EditedFile], nonce: &str) -> Vec<String> {
    let Origin { repository, workflow, run, .. } = &request.origin;
    let mut trailers = request.trailers.clone();
    if let (Some(repository), Some(source)) = (repository, source(&request.origin, files)) {
        trailers.push(format!("Bump-Source: {repository}@{source}"));
    }
    trailers.extend(workflow.as_ref().map(|name| format!("Bump-Workflow: {name}")));
    trailers.extend(run.map(|run| format!("Bump-Run: {run}")));
    trailers.extend(all(files).map(|(file, change)| format!("Bump-Path: {}", place(file, &change.path))));
    trailers.push(format!("Bump-Nonce: {nonce}"));
    trailers
}

/// Names the commit whose image it is: the value if it is a commit's id, else the run's own.
pub(crate) fn source(origin: &Origin, files: &[EditedFile]) -> Option<CommitSha> {
    let mut ids = all(files).filter_map(|(_, change)| change.new.parse::<CommitSha>().ok());
    let id = ids.next().filter(|id| ids.all(|other| other == *id));
    id.or_else(|| origin.sha.clone())
}

/// Names a value across files.
pub(crate) fn place(file: &str, path: &yaml_set::Path) -> String {
    format!("{file}:{path}")
}

/// What a bump says about itself in its message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bump {
    pub(crate) repository: Option<RepoSlug>,
    pub(crate) sha: Option<CommitSha>,
    pub(crate) workflow: Option<String>,
    pub(crate) run: Option<u64>,
    pub(crate) places: Vec<String>,
    pub(crate) nonce: Option<String>,
}

/// Reads the trailers of a message. Lines count wherever they are, since a squash moves them.
pub(crate) fn read(message: &str) -> Bump {
    let mut bump = Bump::default();
    for line in message.lines() {
        let Some((key, value)) = line.split_once(": ") else { continue };
        let value = value.trim();
        match key {
            "Bump-Source" => {
                let (repository, sha) = value.rsplit_once('@').unwrap_or((value, ""));
                bump.repository = repository.parse().ok();
                bump.sha = sha.parse().ok();
            }
            "Bump-Workflow" => bump.workflow = Some(value.to_owned()),
            "Bump-Run" => bump.run = value.parse().ok(),
            "Bump-Path" => bump.places.push(value.to_owned()),
            "Bump-Nonce" => bump.nonce = Some(value.to_owned()),
            _ => {}
        }
    }
    bump
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args::tests::request, edit::apply, images::Search};

    fn edited(request: &Request, text: &str) -> Vec<EditedFile> {
        let apply = |file| apply(file, &mut Search::new(&[]), text.into()).unwrap();
        request.files.iter().map(apply).collect()
    }

    #[test]
    fn says_what_was_set_and_by_whom() {
        let request = request(&["values/dev.yaml"], &["image.tag=v1"]);
        let message = write(&request, &edited(&request, "image: {tag: v0}\n"), "abc");
        insta::assert_snapshot!(format!("{}\n\n{}", message.headline, message.body), @r"
        bump: image.tag to v1 in values/dev.yaml

        Bump-Source: org/product@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
        Bump-Workflow: dev
        Bump-Run: 7
        Bump-Path: values/dev.yaml:image.tag
        Bump-Nonce: abc
        ");
        let bump = read(&message.body);
        assert_eq!((bump.run, bump.nonce.as_deref()), (Some(7), Some("abc")));
        assert_eq!(bump.places, ["values/dev.yaml:image.tag"]);
        assert_eq!(bump.repository, request.origin.repository);
        assert_eq!(bump.sha, request.origin.sha);
    }

    #[test]
    fn the_source_is_the_commit_whose_image_it_is() {
        let (one, two) = ("b".repeat(40), "c".repeat(40));
        let named = |lines: &[String]| {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let request = request(&["a"], &lines);
            read(&write(&request, &edited(&request, "x: a\ny: b\n"), "abc").body).sha.unwrap().to_string()
        };
        assert_eq!(named(&[format!("x={one}"), "y=v1".into()]), one);
        assert_eq!(named(&[format!("x={one}"), format!("y={one}")]), one);
        let of_run = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";
        assert_eq!(named(&[format!("x={one}"), format!("y={two}")]), of_run);
    }

    #[test]
    fn keeps_a_message_of_ones_own() {
        let request = Request {
            message: Some("deploy v1\n\nBecause.\n".into()),
            trailers: vec!["Signed-off-by: a".into()],
            ..request(&["a", "b"], &["x=1", "y=2"])
        };
        let message = write(&request, &edited(&request, "x: a\ny: b\n"), "abc");
        assert_eq!(message.headline, "deploy v1");
        assert!(message.body.starts_with("Because.\n\nSigned-off-by: a\nBump-"), "{}", message.body);
        let request = Request { message: None, ..request };
        let message = write(&request, &edited(&request, "x: a\ny: b\n"), "abc");
        insta::assert_snapshot!(message.headline, @"bump: 4 values in 2 files");
        assert!(message.body.starts_with("- a: x to 1\n- a: y to 2\n- b: x to 1\n"));
    }
}
