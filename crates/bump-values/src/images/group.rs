//! The scalars of a file, mapping by mapping.

use std::collections::BTreeMap;

use yaml_set::{Path, Scalar, Segment, SetError};

/// One document of a file.
pub(super) struct Document {
    /// The path of its root.
    pub(super) root: Path,
    /// Its `kind`, empty if it has none.
    kind: String,
    /// Whether the file is named as kustomize wants it.
    is_named_so: bool,
    pub(super) groups: Vec<Group>,
}

/// One mapping: the scalars that are the values of its keys.
pub(super) struct Group {
    /// Where it is.
    pub(super) place: Path,
    scalars: BTreeMap<String, Scalar>,
    /// Its items instead, if it is a sequence of scalars.
    pub(super) items: Vec<Scalar>,
}

impl Document {
    /// Whether kustomize reads it: a kind of its own, or no kind in a file with its name
    /// (<https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization>).
    pub(super) fn is_kustomization(&self) -> bool {
        match self.kind.as_str() {
            "Kustomization" | "Component" => true,
            kind => kind.is_empty() && self.is_named_so,
        }
    }

    /// Whether it says of itself that it is of another kind.
    pub(super) fn is_another_kind(&self) -> bool {
        !self.kind.is_empty() && !self.is_kustomization()
    }
}

impl Group {
    /// Whether it is an item of the list `images` at the top.
    pub(super) fn is_entry(&self) -> bool {
        matches!(self.place.segments(), [Segment::Key(key), Segment::Index(_)] if key == "images")
    }

    /// Returns the scalar of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Scalar> {
        self.scalars.get(key)
    }

    /// Returns the text of a key, if there is any.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|scalar| scalar.value.as_deref()).filter(|text| !text.is_empty())
    }

    /// Returns keys and scalars.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        self.scalars.iter().map(|(key, scalar)| (key.as_str(), scalar))
    }
}

/// Reads a file. An alias of a scalar counts as that scalar.
pub(super) fn documents(file: &str, text: &str) -> Result<Vec<Document>, SetError> {
    let mut scalars = yaml_set::scalars(text)?;
    scalars.extend(yaml_set::aliases(text)?);
    scalars.sort_by_key(|scalar| (scalar.path.document(), scalar.line));
    let name = file.rsplit('/').next().unwrap_or(file);
    let is_named_so = matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization");
    let mut documents: BTreeMap<Option<usize>, Document> = BTreeMap::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for scalar in scalars {
        let Some((place, last)) = scalar.path.split_last() else { continue };
        let document = documents.entry(scalar.path.document()).or_insert_with(|| {
            let root = Path::new(Vec::new());
            let root = scalar.path.document().map_or(root.clone(), |number| root.in_document(number));
            Document { root, kind: String::new(), is_named_so, groups: Vec::new() }
        });
        if matches!(scalar.path.segments(), [Segment::Key(key)] if key == "kind") {
            document.kind = scalar.value.clone().unwrap_or_default();
        }
        let index = *known.entry(place.to_string()).or_insert(document.groups.len());
        if index == document.groups.len() {
            document.groups.push(Group { place, scalars: BTreeMap::new(), items: Vec::new() });
        }
        match last {
            Segment::Key(key) => {
                let key = key.clone();
                document.groups[index].scalars.insert(key, scalar);
            }
            _ => document.groups[index].items.push(scalar),
        }
    }
    Ok(documents.into_values().collect())
}
