//! All scalars of a text with their paths, for those who look for a value and not for a path.

use std::collections::BTreeMap;

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
    collect_from(text, false)
}

/// Lists the aliases of scalars in the order in which they are written: the alias's path and line, and the value of its
/// anchor. To set one, an edit has to follow aliases.
///
/// ```
/// let found = yaml_set::aliases("a: &tag v1\nb: *tag\n")?;
/// assert_eq!((found[0].path.to_string().as_str(), found[0].value.as_deref()), ("b", Some("v1")));
/// # Ok::<(), yaml_set::SetError>(())
/// ```
pub fn aliases(text: &str) -> Result<Vec<Scalar>, SetError> {
    collect_from(text, true)
}

fn collect_from(text: &str, aliases: bool) -> Result<Vec<Scalar>, SetError> {
    let tree = parse(text)?;
    let anchors = tree.nodes.iter().enumerate();
    let anchors = anchors.filter_map(|(id, node)| Some((node.anchor.as_ref()?.0, id))).collect();
    let mut collector = Collector { tree: &tree, anchors, aliases, found: Vec::new() };
    for (index, &root) in tree.documents.iter().enumerate() {
        let path = Path::new(Vec::new());
        let path = if tree.documents.len() > 1 { path.in_document(index + 1) } else { path };
        collector.collect(root, &path);
    }
    Ok(collector.found)
}

struct Collector<'t, 's> {
    tree: &'t Tree<'s>,
    /// The node of each anchor.
    anchors: BTreeMap<usize, NodeId>,
    /// Whether aliases are looked for, else what is written out.
    aliases: bool,
    found: Vec<Scalar>,
}

impl Collector<'_, '_> {
    /// The parser bounds the depth, so that recursion does.
    fn collect(&mut self, id: NodeId, path: &Path) {
        let node = &self.tree.nodes[id];
        match &node.kind {
            Kind::Scalar { .. } if !self.aliases => self.found.push(self.scalar(id, path, node.line)),
            Kind::Alias { anchor } if self.aliases => {
                let target = self.anchors.get(anchor).copied();
                let target = target.filter(|&id| self.tree.scalar(id).is_some());
                self.found.extend(target.map(|id| self.scalar(id, path, node.line)));
            }
            Kind::Mapping { entries } => {
                for &(key, value) in entries {
                    if let Some(key) = self.tree.scalar(key) {
                        self.collect(value, &path.child(Segment::Key(key.to_owned())));
                    }
                }
            }
            Kind::Sequence { items } => {
                for (index, &item) in items.iter().enumerate() {
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    self.collect(item, &path.child(Segment::Index(index)));
                }
            }
            Kind::Scalar { .. } | Kind::Alias { .. } => {}
        }
    }

    /// The scalar with this number, as it is seen at `path`.
    fn scalar(&self, id: NodeId, path: &Path, line: usize) -> Scalar {
        let value = (!self.tree.nodes[id].is_empty_value()).then(|| self.tree.scalar(id).unwrap_or_default());
        Scalar { path: path.clone(), value: value.map(str::to_owned), line }
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

    #[test]
    fn aliases_have_the_value_of_their_anchor() {
        let text = "a: &x v1\nb: {c: *x, d: &y {e: 1}}\nf: *y\n---\na: &x v2\nb: [*x]\n";
        let found = aliases(text).unwrap();
        let shown: Vec<_> = found.iter().map(|s| (s.path.to_string(), s.value.as_deref(), s.line)).collect();
        assert_eq!(shown, [("@1.b.c".into(), Some("v1"), 2), ("@2.b[0]".to_owned(), Some("v2"), 6)]);
    }
}
