//! Follows a path through a tree to one scalar.

use crate::{
    Path, Segment, SetError,
    tree::{Kind, NodeId, Tree},
};

/// The most keys that an error lists.
const LISTED: usize = 30;

/// Returns the scalar at `path`, in whichever document has one.
pub(crate) fn locate(tree: &Tree<'_>, path: &Path) -> Result<NodeId, SetError> {
    let mut hits = Vec::new();
    let mut nearest: Option<(usize, NodeId)> = None;
    let roots = match path.document() {
        None => tree.documents.as_slice(),
        Some(number) => match tree.documents.get(number - 1) {
            Some(root) => std::slice::from_ref(root),
            None => return Err(SetError::NoDocument { path: path.to_string(), count: tree.documents.len() }),
        },
    };
    for &root in roots {
        match walk(tree, path, root)? {
            Walk::Arrived(node) => hits.push(node),
            Walk::Stuck { depth, node } if nearest.is_none_or(|(best, _)| depth > best) => {
                nearest = Some((depth, node));
            }
            Walk::Stuck { .. } => {}
        }
    }
    match hits.as_slice() {
        [] => Err(SetError::NotFound {
            path: path.to_string(),
            prefix: nearest.map(|(depth, _)| path.prefix(depth)).unwrap_or_default(),
            line: nearest.filter(|(depth, _)| *depth > 0).map(|(_, node)| tree.nodes[node].line),
            found: nearest.map(|(_, node)| children(tree, node)).unwrap_or_default(),
            document_count: roots.len(),
        }),
        [node] => scalar(tree, path, *node),
        several => Err(SetError::Ambiguous {
            path: path.to_string(),
            lines: several.iter().map(|&node| tree.nodes[node].line).collect(),
        }),
    }
}

enum Walk {
    Arrived(NodeId),
    Stuck { depth: usize, node: NodeId },
}

fn walk(tree: &Tree<'_>, path: &Path, root: NodeId) -> Result<Walk, SetError> {
    let mut node = root;
    for (depth, segment) in path.segments().iter().enumerate() {
        let found = match (&tree.nodes[node].kind, segment) {
            (Kind::Alias { .. }, _) => {
                return Err(SetError::Alias { path: path.prefix(depth), line: tree.nodes[node].line });
            }
            (Kind::Mapping { entries }, Segment::Key(key)) => {
                let same = |id: &NodeId| tree.scalar(*id) == Some(key.as_str());
                let hits: Vec<_> = entries.iter().filter(|(key, _)| same(key)).collect();
                if hits.len() > 1 {
                    let lines = hits.iter().map(|(key, _)| tree.nodes[*key].line).collect();
                    return Err(SetError::DuplicateKey { path: path.prefix(depth + 1), lines });
                }
                hits.first().map(|(_, value)| *value)
            }
            (Kind::Sequence { items }, Segment::Index(index)) => {
                position(*index, items.len()).map(|at| items[at])
            }
            (Kind::Sequence { items }, Segment::Where { key, value }) => {
                let hits: Vec<_> = items.iter().filter(|&&item| has(tree, item, key, value)).collect();
                if hits.len() > 1 {
                    let lines = hits.iter().map(|&&item| tree.nodes[item].line).collect();
                    return Err(SetError::Ambiguous { path: path.prefix(depth + 1), lines });
                }
                hits.first().map(|&&item| item)
            }
            _ => None,
        };
        match found {
            Some(child) => node = child,
            None => return Ok(Walk::Stuck { depth, node }),
        }
    }
    Ok(Walk::Arrived(node))
}

fn position(index: i64, length: usize) -> Option<usize> {
    let from_end = || length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
    if index < 0 { from_end() } else { usize::try_from(index).ok().filter(|&at| at < length) }
}

/// Whether `item` is a mapping whose `key` is the scalar `value`.
fn has(tree: &Tree<'_>, item: NodeId, key: &str, value: &str) -> bool {
    let Kind::Mapping { entries } = &tree.nodes[item].kind else { return false };
    entries.iter().any(|&(k, v)| tree.scalar(k) == Some(key) && tree.scalar(v) == Some(value))
}

/// Says what a path could go on with below `node`.
fn children(tree: &Tree<'_>, node: NodeId) -> Vec<String> {
    let mut names: Vec<String> = match &tree.nodes[node].kind {
        Kind::Mapping { entries } => entries
            .iter()
            .filter_map(|&(key, _)| tree.scalar(key))
            .map(|key| Path::new(vec![Segment::Key(key.to_owned())]).to_string())
            .collect(),
        Kind::Sequence { items } => items
            .iter()
            .enumerate()
            .map(|(index, &item)| name_of(tree, item).unwrap_or_else(|| format!("[{index}]")))
            .collect(),
        Kind::Scalar { .. } | Kind::Alias { .. } => Vec::new(),
    };
    if names.len() > LISTED {
        let more = names.len() - LISTED;
        names.truncate(LISTED);
        names.push(format!("… and {more} more"));
    }
    names
}

fn name_of(tree: &Tree<'_>, item: NodeId) -> Option<String> {
    let Kind::Mapping { entries } = &tree.nodes[item].kind else { return None };
    let &(_, value) = entries.iter().find(|&&(key, _)| tree.scalar(key) == Some("name"))?;
    let segment = Segment::Where { key: "name".to_owned(), value: tree.scalar(value)?.to_owned() };
    Some(Path::new(vec![segment]).to_string())
}

/// Checks that a value can be set at `node` and that it would change nothing else.
fn scalar(tree: &Tree<'_>, path: &Path, id: NodeId) -> Result<NodeId, SetError> {
    let node = &tree.nodes[id];
    let (path, line) = (path.to_string(), node.line);
    let kind = match node.kind {
        Kind::Alias { .. } => return Err(SetError::Alias { path, line }),
        Kind::Mapping { .. } => "mapping",
        Kind::Sequence { .. } => "sequence",
        Kind::Scalar { .. } => "",
    };
    if !kind.is_empty() {
        return Err(SetError::NotScalar { path, line, kind, found: children(tree, id) });
    }
    if let Some(tag) = node.tag.as_ref().filter(|tag| tag.as_str() != "tag:yaml.org,2002:str") {
        return Err(SetError::Tagged { path, line, tag: tag.clone() });
    }
    let mut above = Some(id);
    while let Some(current) = above {
        let node = &tree.nodes[current];
        if let Some((anchor, name)) = &node.anchor {
            let uses = |kind: &Kind<'_>| matches!(kind, Kind::Alias { anchor: used } if used == anchor);
            let users: Vec<usize> =
                tree.nodes.iter().filter(|node| uses(&node.kind)).map(|node| node.line).collect();
            if !users.is_empty() {
                return Err(SetError::Shared { path, line, anchor: name.clone(), users });
            }
        }
        above = node.parent;
    }
    Ok(id)
}
