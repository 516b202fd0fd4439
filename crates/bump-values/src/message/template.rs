//! Messages with placeholders.

use std::{collections::BTreeSet, str::FromStr};

use toolkit::one_line;
use yaml_set::{Change, Segment};

use crate::{
    edit::EditedFile,
    request::{Request, Target},
};

/// What `{name}` may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Path,
    Old,
    New,
    File,
    Files,
    Count,
    Changes,
    Image,
    Tag,
    Digest,
    Repository,
    Branch,
    Sha,
    ShortSha,
    Run,
    Actor,
}

const NAMES: &[(&str, Name)] = &[
    ("path", Name::Path),
    ("old", Name::Old),
    ("new", Name::New),
    ("file", Name::File),
    ("files", Name::Files),
    ("count", Name::Count),
    ("changes", Name::Changes),
    ("image", Name::Image),
    ("tag", Name::Tag),
    ("digest", Name::Digest),
    ("repository", Name::Repository),
    ("branch", Name::Branch),
    ("sha", Name::Sha),
    ("short-sha", Name::ShortSha),
    ("run", Name::Run),
    ("actor", Name::Actor),
];

/// A message with `{placeholders}`: its first line, and the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    headline: toolkit::Template<Name>,
    rest: toolkit::Template<Name>,
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().replace("\r\n", "\n");
        let (headline, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let parse = |text: &str| toolkit::Template::parse(text, NAMES);
        Ok(Self { headline: parse(headline)?, rest: parse(rest)? })
    }
}

impl Template {
    /// Returns the first line and the rest. A value never brings a line break of its own.
    pub(super) fn render(&self, values: &Values<'_>) -> (String, String) {
        let headline = one_line(&self.headline.render(|name| values.get(name)));
        let headline = if headline.is_empty() { values.default_text().0 } else { headline };
        (headline, self.rest.render(|name| values.get(name)))
    }
}

/// Where the values come from.
pub(super) struct Values<'v> {
    pub(super) request: &'v Request,
    pub(super) files: &'v [EditedFile],
}

impl Values<'_> {
    /// What is said when nothing else was asked for.
    pub(super) fn default_text(&self) -> (String, String) {
        let changes: Vec<_> = self.changes().collect();
        if let [(file, change)] = changes.as_slice() {
            return (
                one_line(&format!("bump: {} to {} in {file}", change.path, shown(change))),
                String::new(),
            );
        }
        (format!("bump: {} values in {}", changes.len(), self.get(Name::File)), self.get(Name::Changes))
    }

    /// The changes that change something, with their files.
    fn changes(&self) -> impl Iterator<Item = (&str, &Change)> {
        let of_file = |file| -> (&str, &[Change]) {
            let file: &EditedFile = file;
            (&file.path, &file.changes)
        };
        let changes = self.files.iter().map(of_file);
        changes
            .flat_map(|(path, changes)| changes.iter().map(move |change| (path, change)))
            .filter(|(_, change)| change.changed)
    }

    fn get(&self, name: Name) -> String {
        let Request { origin, images, target, .. } = self.request;
        let remote = match target {
            Target::Branch(remote) => Some(remote),
            Target::Worktree => None,
        };
        let list = |values: &mut dyn Iterator<Item = String>| {
            let mut seen = BTreeSet::new();
            values.filter(|value| seen.insert(value.clone())).collect::<Vec<_>>().join(", ")
        };
        let text = match name {
            Name::Path => list(&mut self.changes().map(|(_, change)| change.path.to_string())),
            Name::Old => list(&mut self.changes().filter_map(|(_, change)| change.old.clone())),
            Name::New => list(&mut self.changes().map(|(_, change)| shown(change).to_owned())),
            Name::Files => list(&mut self.changes().map(|(file, _)| file.to_owned())),
            Name::File => {
                let files: BTreeSet<&str> = self.changes().map(|(file, _)| file).collect();
                match files.len() {
                    1 => files.into_iter().collect(),
                    several => format!("{several} files"),
                }
            }
            Name::Count => self.changes().count().to_string(),
            Name::Changes => {
                let line = |(file, change): (&str, &Change)| {
                    one_line(&format!("- {file}: {} to {}", change.path, shown(change)))
                };
                return self.changes().map(line).collect::<Vec<_>>().join("\n");
            }
            Name::Image => list(&mut images.iter().map(ToString::to_string)),
            Name::Tag if images.is_empty() => list(&mut self.at("tag")),
            Name::Tag => {
                list(&mut images.iter().filter_map(|it| it.image.tag.as_ref()).map(ToString::to_string))
            }
            Name::Digest if images.is_empty() => list(&mut self.at("digest")),
            Name::Digest => {
                list(&mut images.iter().filter_map(|it| it.image.digest.as_ref()).map(ToString::to_string))
            }
            Name::Repository => {
                let there = remote.map(|remote| remote.repository.to_string());
                there.or_else(|| origin.repository.as_ref().map(ToString::to_string)).unwrap_or_default()
            }
            Name::Branch => remote.map(|remote| remote.branch.to_string()).unwrap_or_default(),
            Name::Sha => origin.sha.as_ref().map(ToString::to_string).unwrap_or_default(),
            Name::ShortSha => origin.sha.as_ref().map(|sha| sha.short().to_owned()).unwrap_or_default(),
            Name::Run => origin.run.map(|run| run.to_string()).unwrap_or_default(),
            Name::Actor => origin.actor.clone().unwrap_or_default(),
        };
        one_line(&text)
    }

    /// The new values of keys that are called so, or end so: `tag`, `newTag`.
    fn at(&self, ending: &str) -> impl Iterator<Item = String> {
        self.changes()
            .filter(move |(_, change)| match change.path.segments().last() {
                Some(Segment::Key(key)) => key.to_ascii_lowercase().ends_with(ending),
                _ => false,
            })
            .map(|(_, change)| change.new.clone())
            .filter(|value| !value.is_empty())
    }
}

fn shown(change: &Change) -> &str {
    if change.new.is_empty() { "nothing" } else { &change.new }
}
