//! Editing: locate, splice, parse again, prove.

use std::collections::BTreeMap;

use crate::{
    Path, SetError, helm,
    locate::locate,
    prove::{is_string, only_these_bytes_changed, only_these_changed},
    splice::{Splice, apply, splice},
    tree::{NodeId, Tree},
};

/// A value to set. It holds no bytes of a file, so that it can be applied to fresh ones at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub path: Path,
    /// The string that is to be there.
    pub value: String,
}

impl Edit {
    /// Builds an edit.
    pub fn new(path: Path, value: impl Into<String>) -> Self {
        Self { path, value: value.into() }
    }
}

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub path: Path,
    /// The text of the scalar before, decoded; none if nothing was written there.
    pub old: Option<String>,
    /// The value that is there now.
    pub new: String,
    /// The line of the value in the new text, from 1.
    pub line: usize,
    /// Whether any byte was changed for it.
    pub changed: bool,
}

/// An edited text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole new text.
    pub text: String,
    /// One for each edit, in their order.
    pub changes: Vec<Change>,
}

impl Edited {
    /// Whether any byte was changed.
    pub fn changed(&self) -> bool {
        self.changes.iter().any(|change| change.changed)
    }
}

/// Sets all values, or none.
///
/// A value that is there already is left as it is. A plain scalar that some reader takes for a number or a
/// boolean is not "there already": it is put in quotes.
pub fn set(text: &str, edits: &[Edit]) -> Result<Edited, SetError> {
    let before = parse(text)?;
    let mut wanted: BTreeMap<NodeId, &str> = BTreeMap::new();
    let mut splices: Vec<Splice> = Vec::new();
    let mut targets = Vec::new();
    for edit in edits {
        let id = locate(&before, &edit.path)?;
        let changed = !is_string(&before.nodes[id], &edit.value);
        targets.push((id, changed));
        match wanted.insert(id, &edit.value) {
            Some(other) if other != edit.value => {
                return Err(SetError::Conflict { path: edit.path.to_string() });
            }
            None if changed => splices.push(splice(text, &before, id, &edit.path.to_string(), &edit.value)?),
            Some(_) | None => {}
        }
    }
    splices.sort_by_key(|splice| splice.range.start);
    let edited = apply(text, &splices);
    let unproven = |reason: String| SetError::Unproven { reason };
    let after = Tree::parse(&edited)
        .map_err(|error| unproven(format!("the result is not YAML any more ({})", error.info())))?;
    only_these_changed(&before, &after, &wanted).map_err(unproven)?;
    only_these_bytes_changed(text, &edited, &splices).map_err(unproven)?;
    let changes = edits
        .iter()
        .zip(targets)
        .map(|(edit, (id, changed))| Change {
            path: edit.path.clone(),
            old: (!before.nodes[id].is_empty_value())
                .then(|| before.scalar(id).unwrap_or_default().to_owned()),
            new: edit.value.clone(),
            line: after.nodes[id].line,
            changed,
        })
        .collect();
    Ok(Edited { text: edited, changes })
}

/// Parses, and tells a template from broken YAML.
pub(crate) fn parse(text: &str) -> Result<Tree<'_>, SetError> {
    match Tree::parse(text) {
        Ok(tree) => match tree.template_line {
            Some(line) => Err(SetError::Template { line }),
            None => Ok(tree),
        },
        Err(error) => match helm::template_line(text) {
            Some(line) => Err(SetError::Template { line }),
            None => Err(SetError::from(&error)),
        },
    }
}
