//! What the pull request's branch is to have next. Pure: from what was read to what is written.

use model::CommitSha;

use super::{
    Proposal, Run,
    carry::{Texts, carry, value},
    notes,
    view::{Side, View},
    words::{self, Entry},
};
use crate::{
    edit::{EditedFile, left, without},
    message::{self, Bump, Message},
    plan::edit,
};

/// The branch as it is to be.
pub(super) struct Draft {
    /// The commit to make; none if the branch has everything.
    pub(super) commit: Option<Commit>,
    /// The first line of the head's message.
    pub(super) headline: String,
    /// Every value that waits.
    pub(super) entries: Vec<Entry>,
    pub(super) by_hand: bool,
}

/// A commit to make.
pub(super) struct Commit {
    pub(super) parent: CommitSha,
    /// The parent's tree.
    pub(super) tree: String,
    pub(super) message: Message,
    /// Path, mode and content of each file.
    pub(super) files: Vec<(String, u32, String)>,
    /// Where the branch is, and whether the commit does not contain that; none where there is no branch.
    pub(super) from: Option<(CommitSha, bool)>,
}

impl Draft {
    /// Our values and nothing else, on top of the base.
    pub(super) fn alone(
        proposal: &Proposal<'_>,
        run: &Run,
        base: &View,
        side: Option<&Side>,
        files: &[EditedFile],
    ) -> Self {
        let message = message::write(proposal.request, files, &run.nonce);
        let entries = entries(&[message::read(&message.text())], files);
        let from = side.map(|side| (side.view.head.clone(), true));
        Self {
            headline: message.headline.clone(),
            commit: Some(Commit::new(base, message, files, from)),
            entries,
            by_hand: false,
        }
    }

    /// The values that wait and ours, on top of the base. `own` are the base's files with ours alone, and `common` the
    /// files where the branch left the base. The error says why that cannot be done exactly.
    pub(super) fn rebuilt(
        proposal: &Proposal<'_>,
        run: &Run,
        (base, own): (&View, &[EditedFile]),
        side: &Side,
        common: &[Option<String>],
    ) -> Result<Self, String> {
        let mut others = notes::standing(&side.commits);
        let message = message::write(proposal.request, own, &run.nonce);
        let bump = message::read(&message.text());
        let ours = &bump.places;
        let mut carried = Vec::new();
        for (at, file) in proposal.request.files.iter().enumerate() {
            let Some(common) = common.get(at).and_then(Option::as_deref) else {
                return Err(format!("`{}` was not there before", file.path));
            };
            let (base, pull) = (base.text(at), side.view.text(at));
            let texts = Texts { path: &file.path, common, base, pull };
            // Where the base has not moved, the branch's own bytes are exact by themselves.
            let text = if side.is_behind { carry(&texts, &others, ours)? } else { pull.to_owned() };
            carried.push(text.into_bytes());
        }
        let files = edit(proposal.request, carried)
            .and_then(|files| without(files, &left(own), proposal.request.permit))
            .map_err(|failure| failure.cause)?;
        // One block for each bump: ours takes its places over, and the trace of an attempt of ours is ours.
        notes::without(&mut others, ours);
        others.retain(|bump| bump.nonce.as_deref() != Some(&run.nonce));
        let mut bumps = others.clone();
        bumps.push(bump);
        let entries = entries(&bumps, &files);
        let message = words::message(message, &others, &entries, files.len());
        let changed: Vec<EditedFile> = against(&files, base);
        Ok(Self {
            headline: message.headline.clone(),
            commit: Some(Commit::new(base, message, &changed, Some((side.view.head.clone(), true)))),
            entries,
            by_hand: false,
        })
    }

    /// The values that wait without those of `places`, on top of the base. The error says why that cannot be done exactly.
    pub(super) fn without(
        proposal: &Proposal<'_>,
        base: &View,
        side: &Side,
        common: &[Option<String>],
        (standing, others, places): (&[Bump], Vec<Bump>, &[String]),
    ) -> Result<Self, String> {
        let mut files = Vec::new();
        for (at, file) in proposal.request.files.iter().enumerate() {
            let Some(common) = common.get(at).and_then(Option::as_deref) else {
                return Err(format!("`{}` was not there before", file.path));
            };
            let before = base.text(at);
            let texts = Texts { path: &file.path, common, base: before, pull: side.view.text(at) };
            let (after, before) = (carry(&texts, standing, places)?, before.to_owned());
            files.push(EditedFile {
                path: file.path.clone(),
                before,
                after,
                changes: Vec::new(),
                found: Vec::new(),
                left: Vec::new(),
            });
        }
        let entries = entries(&others, &files);
        let message = words::message_of(&others, &entries, files.len());
        Ok(Self {
            headline: message.headline.clone(),
            commit: Some(Commit::new(base, message, &files, Some((side.view.head.clone(), true)))),
            entries,
            by_hand: false,
        })
    }

    /// Ours on top of what is there.
    pub(super) fn on_top(proposal: &Proposal<'_>, run: &Run, side: &Side, files: &[EditedFile]) -> Self {
        let message = message::write(proposal.request, files, &run.nonce);
        let own = message::read(&message.text());
        let mut bumps = notes::standing(&side.commits);
        notes::without(&mut bumps, &own.places);
        bumps.push(own);
        let entries = entries(&bumps, files);
        Self {
            headline: message.headline.clone(),
            commit: Some(Commit::new(&side.view, message, files, Some((side.view.head.clone(), false)))),
            entries,
            by_hand: side.by_hand,
        }
    }

    /// What is there; `files` as it has them.
    pub(super) fn keep(side: &Side, files: &[EditedFile]) -> Self {
        let last = side.commits.iter().rev().find(|commit| notes::is_bump(commit)).or(side.commits.last());
        let headline = last.and_then(|commit| commit.message.lines().next()).unwrap_or_default();
        Self {
            commit: None,
            headline: headline.to_owned(),
            entries: entries(&notes::standing(&side.commits), files),
            by_hand: side.by_hand,
        }
    }
}

impl Commit {
    fn new(parent: &View, message: Message, files: &[EditedFile], from: Option<(CommitSha, bool)>) -> Self {
        let changed = files.iter().zip(&parent.found).filter(|(file, _)| file.changed());
        let files = changed.map(|(file, found)| (found.path.clone(), found.mode, file.after.clone()));
        Self { parent: parent.head.clone(), tree: parent.tree.clone(), message, files: files.collect(), from }
    }
}

/// The same files, seen from the base.
fn against(files: &[EditedFile], base: &View) -> Vec<EditedFile> {
    let of =
        |(at, file): (usize, &EditedFile)| EditedFile { before: base.text(at).to_owned(), ..file.clone() };
    files.iter().enumerate().map(of).collect()
}

/// Lists the values of bumps as the files have them.
fn entries(bumps: &[Bump], files: &[EditedFile]) -> Vec<Entry> {
    let texts: Vec<(&str, &str)> =
        files.iter().map(|file| (file.path.as_str(), file.after.as_str())).collect();
    let entry = |bump: &Bump, place: &String| {
        let found = texts.iter().find_map(|(file, text)| {
            let path = place.strip_prefix(file)?.strip_prefix(':')?.parse().ok()?;
            value(text, &path).ok().flatten()
        });
        Entry { place: place.clone(), value: found.flatten().unwrap_or_default(), bump: bump.clone() }
    };
    bumps.iter().flat_map(|bump| bump.places.iter().map(move |place| entry(bump, place))).collect()
}
