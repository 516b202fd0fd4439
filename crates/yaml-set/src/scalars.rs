//! All scalars of a text with their paths, for those who look for a value and not for a path.

use crate::{
    Path, Segment, SetError,
    edit::parse,
    tree::{Kind, NodeId, Tree},
};

/// A scalar that is the value of a key or an item of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Where it is; with the document's number if there are several.
    pub path: Path,
    /// Its decoded text; none if nothing is written there.
    pub value: Option<String>,
    /// Its line, from 1.
    pub line: usize,
}

/// Lists the scalars in the order in which they are written.
///
/// ```
/// let found = yaml_set::scalars("images:\n- name: web\n  newTag: v1\n")?;
/// assert_eq!(found[1].path.to_string(), "images[0].newTag");
/// # Ok::<(), yaml_set::SetError>(())
/// ```
pub fn scalars(text: &str) -> Result<Vec<Scalar>, SetError> {
    let tree = parse(text)?;
    let mut found = Vec::new();
    for (index, &root) in tree.documents.iter().enumerate() {
        let path = Path::new(Vec::new());
        let path = if tree.documents.len() > 1 { path.in_document(index + 1) } else { path };
        collect(&tree, root, &path, &mut found);
    }
    Ok(found)
}

/// The parser bounds the depth, so that recursion does.
fn collect(tree: &Tree<'_>, id: NodeId, path: &Path, found: &mut Vec<Scalar>) {
    let node = &tree.nodes[id];
    match &node.kind {
        Kind::Scalar { value, .. } => {
            let value = (!node.is_empty_value()).then(|| value.to_string());
            found.push(Scalar { path: path.clone(), value, line: node.line });
        }
        Kind::Mapping { entries } => {
            for &(key, value) in entries {
                if let Some(key) = tree.scalar(key) {
                    collect(tree, value, &path.child(Segment::Key(key.to_owned())), found);
                }
            }
        }
        Kind::Sequence { items } => {
            for (index, &item) in items.iter().enumerate() {
                let index = i64::try_from(index).unwrap_or(i64::MAX);
                collect(tree, item, &path.child(Segment::Index(index)), found);
            }
        }
        Kind::Alias { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_back_to_its_scalar() {
        let text = "a: {b.c: [x, {d: y}]}\ne:\n---\na: &x 1\nb: *x\n---\n- 'z'\n";
        let found = scalars(text).unwrap();
        let paths: Vec<String> = found.iter().map(|scalar| scalar.path.to_string()).collect();
        assert_eq!(paths, [r#"@1.a["b.c"][0]"#, r#"@1.a["b.c"][1].d"#, "@1.e", "@2.a", "@3[0]"]);
        for scalar in found.iter().filter(|scalar| scalar.path.document() != Some(2)) {
            let edit = crate::Edit::new(scalar.path.to_string().parse().unwrap(), "new");
            let edited = crate::set(text, &[edit]).unwrap();
            assert_eq!((&edited.changes[0].old, edited.changes[0].line), (&scalar.value, scalar.line));
        }
    }
}
