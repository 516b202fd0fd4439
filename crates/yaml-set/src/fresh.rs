//! Nodes that are not there yet.

use crate::Segment;

/// A node to insert. Several edits may share one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fresh {
    Scalar(String),
    Mapping(Vec<(String, Fresh)>),
    Sequence(Vec<Fresh>),
}

/// Two edits want different things in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clash;

impl Fresh {
    /// Returns an empty collection that can take the first step; a scalar for the end of a path.
    pub(crate) fn for_steps(steps: &[Segment], value: &str) -> Self {
        match steps.first() {
            None => Self::Scalar(value.to_owned()),
            Some(Segment::Where { .. }) => Self::Sequence(Vec::new()),
            Some(_) => Self::Mapping(Vec::new()),
        }
    }

    /// Puts `value` at the end of `steps`, and what is missing on the way.
    pub(crate) fn put(&mut self, steps: &[Segment], value: &str) -> Result<(), Clash> {
        let Some((first, rest)) = steps.split_first() else {
            return if *self == Self::Scalar(value.to_owned()) { Ok(()) } else { Err(Clash) };
        };
        match (self, first) {
            (Self::Mapping(entries), Segment::Key(key)) => {
                let index = entries.iter().position(|(found, _)| found == key).unwrap_or_else(|| {
                    entries.push((key.clone(), Self::for_steps(rest, value)));
                    entries.len() - 1
                });
                entries[index].1.put(rest, value)
            }
            (Self::Sequence(items), Segment::Where { key, value: name }) => {
                let known = (key.clone(), Self::Scalar(name.clone()));
                let is_it = |item: &Self| matches!(item, Self::Mapping(entries) if entries.contains(&known));
                let index = items.iter().position(is_it).unwrap_or_else(|| {
                    items.push(Self::Mapping(vec![known.clone()]));
                    items.len() - 1
                });
                items[index].put(rest, value)
            }
            _ => Err(Clash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(path: &str) -> Vec<Segment> {
        path.parse::<crate::Path>().unwrap().segments().to_vec()
    }

    #[test]
    fn edits_share_what_they_have_in_common() {
        let mut fresh = Fresh::for_steps(&steps("a"), "");
        for (path, value) in
            [("l[name=x].a", "1"), ("l[name=x].b", "2"), ("l[name=y].a", "3"), ("k", "4"), ("k", "4")]
        {
            fresh.put(&steps(path), value).unwrap();
        }
        let scalar = |text: &str| Fresh::Scalar(text.to_owned());
        let item = |entries: &[(&str, &str)]| {
            Fresh::Mapping(entries.iter().map(|(key, value)| ((*key).to_owned(), scalar(value))).collect())
        };
        let items = vec![item(&[("name", "x"), ("a", "1"), ("b", "2")]), item(&[("name", "y"), ("a", "3")])];
        assert_eq!(
            fresh,
            Fresh::Mapping(vec![("l".into(), Fresh::Sequence(items)), ("k".into(), scalar("4"))])
        );
        for (path, value) in [("k", "5"), ("k.a", "4"), ("l", "1"), ("l.a", "1"), ("l[name=x].name", "z")] {
            assert_eq!(fresh.put(&steps(path), value), Err(Clash), "{path}");
        }
    }
}
