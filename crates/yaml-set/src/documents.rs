//! Which documents a path looks into.

use crate::{
    DocumentSelector, Path, Segment, SetError,
    lookup::text_at,
    tree::{NodeId, Tree},
};

/// Returns the number and the root of each document that `path` looks into.
pub(crate) fn roots(tree: &Tree<'_>, path: &Path) -> Result<Vec<(usize, NodeId)>, SetError> {
    let all = tree.documents.iter().enumerate().map(|(index, &root)| (index + 1, root));
    let chosen: Vec<(usize, NodeId)> = match path.selector() {
        None => return Ok(all.collect()),
        Some(DocumentSelector::Number(number)) => all.filter(|(found, _)| found == number).collect(),
        Some(DocumentSelector::Where(conditions)) => all
            .filter(|&(_, root)| {
                conditions.iter().all(|condition| {
                    let keys: Vec<&str> = condition.keys.iter().map(String::as_str).collect();
                    text_at(tree, root, &keys) == Some(condition.value.as_str())
                })
            })
            .collect(),
    };
    if chosen.is_empty() {
        return Err(SetError::NoDocument {
            path: path.to_string(),
            count: tree.documents.len(),
            found: tree
                .documents
                .iter()
                .enumerate()
                .map(|(index, &root)| describe(tree, index, root))
                .collect(),
        });
    }
    Ok(chosen)
}

/// Whether the number of a document says something that `path` does not: it was chosen among several.
pub(crate) fn is_one_of_several(tree: &Tree<'_>, path: &Path) -> bool {
    let chosen = match path.selector() {
        Some(DocumentSelector::Number(_)) => false,
        Some(DocumentSelector::Where(_)) => true,
        None => path.segments().contains(&Segment::Every),
    };
    chosen && tree.documents.len() > 1
}

/// `@1 (kind Deployment, name web)`.
fn describe(tree: &Tree<'_>, index: usize, root: NodeId) -> String {
    let known = [("kind", &["kind"][..]), ("name", &["metadata", "name"])];
    let known: Vec<String> = known
        .iter()
        .filter_map(|(label, keys)| Some(format!("{label} {}", text_at(tree, root, keys)?)))
        .collect();
    if known.is_empty() {
        format!("@{}", index + 1)
    } else {
        format!("@{} ({})", index + 1, known.join(", "))
    }
}
