//! Editing: locate, splice, parse again, prove.

use crate::{
    Path, SetError, breaks,
    helm::Actions,
    plan::Plan,
    prove::{only_these_bytes_changed, only_these_changed},
    splice::apply,
    tree::Tree,
};

/// A value to set. It holds no bytes of a file, so that it can be applied to fresh ones at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub path: Path,
    /// The string that is to be there.
    pub value: String,
    /// Whether what is missing on the way is inserted. Else a path that leads nowhere is an error.
    pub create: bool,
    /// Whether a value that an anchor shares is changed for every user of the anchor. Else it is refused.
    pub follow_alias: bool,
}

impl Edit {
    /// Builds an edit that changes what is there, in one place only.
    pub fn new(path: Path, value: impl Into<String>) -> Self {
        Self { path, value: value.into(), create: false, follow_alias: false }
    }

    /// Says whether what is missing is inserted.
    #[must_use]
    pub fn creating(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Says whether a shared value is changed for all its users.
    #[must_use]
    pub fn following_aliases(mut self, follow: bool) -> Self {
        self.follow_alias = follow;
        self
    }
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path to it.
    pub path: Path,
    /// Its line in the new text, from 1.
    pub line: usize,
}

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which edit it is from: its position among those that were given.
    pub edit: usize,
    /// Where: the path as it was written, but with an index for each `[*]`, and with the document's number
    /// where `@key=value` or `[*]` chose one of several.
    pub path: Path,
    /// The text of the scalar before, decoded; none if nothing was written there.
    pub old: Option<String>,
    /// The value that is there now.
    pub new: String,
    /// The line of the value in the new text, from 1.
    pub line: usize,
    /// Whether any byte was changed for it.
    pub changed: bool,
    /// Whether it was inserted.
    pub created: bool,
    /// The other places that change, since they use the anchor of this one.
    pub also: Vec<Place>,
}

/// An edited text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole new text.
    pub text: String,
    /// At least one for each edit, in their order.
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
    let plan = Plan::of(&before, edits)?;
    let splices = plan.splices(text, &before, edits)?;
    let edited = apply(text, &splices);
    let unproven = |reason: String| SetError::Unproven { reason };
    let after = Tree::parse(&edited)
        .map_err(|error| unproven(format!("the result is not YAML any more ({})", error.info())))?;
    only_these_changed(&before, &after, &plan.wanted).map_err(unproven)?;
    only_these_bytes_changed(text, &edited, &splices).map_err(unproven)?;
    let changes = plan.changes(&before, &after, edits)?;
    Ok(Edited { text: edited, changes })
}

/// Reads the bytes of a file as text. YAML may be in UTF-16 too, but hardly anything reads that.
///
/// ```
/// assert_eq!(yaml_set::decode(b"a: 1\n")?, "a: 1\n");
/// let error = yaml_set::decode(b"\xff\xfea\0").unwrap_err();
/// assert_eq!(error.to_string(), "line 1: the file is in UTF-16");
/// # Ok::<(), yaml_set::SetError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<&str, SetError> {
    let refuse = |line, reason| Err(SetError::Encoding { line, reason });
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => refuse(1, "the file is in UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => refuse(1, "the file is in UTF-16"),
        _ => std::str::from_utf8(bytes).or_else(|error| {
            let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count();
            refuse(line, "the bytes are no UTF-8 text")
        }),
    }
}

/// Parses, and tells a template from broken YAML.
pub(crate) fn parse(text: &str) -> Result<Tree<'_>, SetError> {
    match Tree::parse(text) {
        Ok(tree) => match tree.template_line {
            Some(line) => Err(SetError::Template { line }),
            None => breaks::check(text, &tree).map(|()| tree),
        },
        Err(error) => Err(match Actions::find(text) {
            Actions { bare: Some(line), .. } => SetError::Template { line },
            Actions { in_block: Some(action), .. } => SetError::broken_beside_action(&error, action),
            _ => SetError::from(&error),
        }),
    }
}
