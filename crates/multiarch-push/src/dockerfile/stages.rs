//! Which stages an image needs.

use super::{CopyFrom, Dockerfile, Error, Kind};

impl Dockerfile {
    /// Finds an earlier stage than `before` by its name or number.
    pub(crate) fn earlier_stage(&self, reference: &str, before: usize) -> Option<usize> {
        self.earlier_stage_by_name(reference, before)
            .or_else(|| reference.parse().ok().filter(|index| *index < before))
    }

    /// Finds an earlier stage by its name only, as FROM does: a number there is an image's name.
    pub(crate) fn earlier_stage_by_name(&self, reference: &str, before: usize) -> Option<usize> {
        let name = reference.to_ascii_lowercase();
        self.stages[..before].iter().rposition(|stage| stage.name.as_deref() == Some(name.as_str()))
    }

    /// Finds the stage to build: the last, or the one that `target` names.
    pub(crate) fn target_stage(&self, target: Option<&str>) -> Result<usize, Error> {
        let Some(target) = target else { return Ok(self.stages.len() - 1) };
        self.earlier_stage(target, self.stages.len()).ok_or_else(|| {
            let names: Vec<&str> = self.stages.iter().filter_map(|stage| stage.name.as_deref()).collect();
            let known = if names.is_empty() { "no stage has a name".to_owned() } else { names.join(", ") };
            Error::invalid(1, format!("there is no stage `{target}` (known: {known})"))
        })
    }
}

/// Returns the indices of the stages that `target` is made of, in order, itself included.
///
/// As in BuildKit, other stages are not built, so that a RUN in them asks for no builder.
pub(crate) fn needed_stages(file: &Dockerfile, target: usize) -> Vec<usize> {
    let mut needed = vec![false; file.stages.len()];
    needed[target] = true;
    // A stage refers only to earlier ones, so one pass from the back finds all.
    for index in (0..=target).rev() {
        if !needed[index] {
            continue;
        }
        let stage = &file.stages[index];
        let copied = stage.instructions.iter().filter_map(|instruction| match &instruction.kind {
            Kind::Copy(copy) => match &copy.from {
                CopyFrom::Other(from) => file.earlier_stage(from, index),
                CopyFrom::Context => None,
            },
            _ => None,
        });
        for reference in copied.chain(file.earlier_stage_by_name(&stage.from, index)).collect::<Vec<_>>() {
            needed[reference] = true;
        }
    }
    (0..file.stages.len()).filter(|index| needed[*index]).collect()
}

/// Returns the first instruction, of the stages that `target` is made of, that only a builder can carry out, as far
/// as the file alone tells.
pub(crate) fn obstacle(file: &Dockerfile, target: usize) -> Option<Error> {
    needed_stages(file, target).into_iter().find_map(|index| {
        file.stages[index].instructions.iter().find_map(|instruction| match &instruction.kind {
            Kind::NeedsBuilder(reason) => Some(Error::needs_builder(instruction.line, reason.clone())),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn unused_stages_are_left_out() {
        let file = parse(
            "FROM a AS one\nFROM b AS two\nRUN x\nFROM scratch AS three\nCOPY --from=one /x /y\n\
             FROM three AS four\nCOPY --from=0 a b\nFROM two AS five",
        )
        .unwrap();
        assert_eq!(needed_stages(&file, file.target_stage(Some("FOUR")).unwrap()), [0, 2, 3]);
        assert_eq!(needed_stages(&file, file.target_stage(None).unwrap()), [1, 4]);
        assert_eq!(needed_stages(&file, file.target_stage(Some("2")).unwrap()), [0, 2]);
    }

    #[test]
    fn an_obstacle_counts_only_where_it_is_needed() {
        let file =
            parse("FROM a AS one\nRUN x\nFROM a AS two\nCMD y\nFROM one\nCOPY --from=two / /").unwrap();
        assert_eq!(obstacle(&file, 1), None);
        assert_eq!(obstacle(&file, 2).unwrap().line, 2);
    }

    #[test]
    fn an_unknown_target_lists_the_known() {
        let file = parse("FROM a AS one\nFROM b").unwrap();
        assert_eq!(
            file.target_stage(Some("x")).unwrap_err().to_string(),
            "line 1: there is no stage `x` (known: one)"
        );
    }
}
