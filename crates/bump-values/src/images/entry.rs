//! Entries that `create` adds to kustomizations.

use yaml_set::{Path, Segment};

use super::{
    Looked,
    group::Document,
    site::{Form, Parts, Site, Slot},
    wanted::Wanted,
};

/// Returns an entry for each kustomization, with the position of its file.
pub(super) fn add<'t>(wanted: &Wanted, files: &[Looked<'t>]) -> Vec<(usize, Site<'t>)> {
    let mut sites = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let kustomizations = file.documents.iter().filter(|document| document.is_kustomization());
        sites.extend(
            kustomizations.filter(|it| !renames(it, wanted)).map(|it| (index, entry(wanted, &it.root))),
        );
    }
    sites
}

/// Whether an entry of that name makes another image of it: kustomize has no place for a second one.
fn renames(document: &Document, wanted: &Wanted) -> bool {
    let mut entries = document.groups.iter().filter(|group| group.is_entry());
    entries.any(|entry| entry.text("name") == Some(&wanted.written))
}

fn entry<'t>(wanted: &Wanted, root: &Path) -> Site<'t> {
    let name = Segment::Where { key: "name".to_owned(), value: wanted.written.clone() };
    let at = root.child(Segment::Key("images".to_owned())).child(name);
    let slot = |key: &str| Slot { path: at.child(Segment::Key(key.to_owned())), scalar: None };
    let parts = Parts::Apart { tag: slot("newTag"), digest: slot("digest") };
    Site { name: wanted.image.name.clone(), form: Form::Added, at, line: 1, parts }
}
