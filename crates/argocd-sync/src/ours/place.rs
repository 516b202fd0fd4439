//! Which of an application's sources our revision belongs to.

use model::Failure;

use crate::{
    codes,
    repository::Repository,
    request::Origin,
    wire::{Source, Spec},
};

/// Where our revision stands among those of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The application has one source.
    Only,
    /// At these places among its sources, counted from 0.
    Among(Vec<usize>),
}

/// Finds the sources from our repository: those of the one that is named; else those of the workflow's own; else, if
/// all that come from Git come from one repository, these.
pub(crate) fn place(spec: &Spec, origin: &Origin) -> Result<Place, Failure> {
    let sources = spec.sources();
    let git: Vec<(usize, Repository)> = sources
        .iter()
        .enumerate()
        .filter(|(_, source)| is_git(source))
        .map(|(index, source)| (index, Repository::of(&source.repo_url)))
        .collect();
    let of = |repository: &Repository| -> Vec<usize> {
        git.iter().filter(|(_, found)| found.is(repository)).map(|(index, _)| *index).collect()
    };
    let named = origin.repository.as_ref().map(of);
    let is_named = named.is_some();
    let mut found = named.or_else(|| origin.workflow.as_ref().map(of)).unwrap_or_default();
    if found.is_empty()
        && !is_named
        && let Some((_, first)) = git.first()
    {
        let same = of(first);
        // One source alone needs no telling apart.
        if same.len() == git.len() {
            found = same;
        }
    }
    if found.is_empty() {
        return Err(not_found(&sources, origin));
    }
    Ok(if spec.has_several() { Place::Among(found) } else { Place::Only })
}

/// Whether its revision is a commit: a chart of a Helm repository has a version instead, an OCI artifact a digest.
fn is_git(source: &Source) -> bool {
    source.chart.is_empty() && !source.repo_url.starts_with("oci://")
}

fn not_found(sources: &[&Source], origin: &Origin) -> Failure {
    let wanted = origin.repository.as_ref().or(origin.workflow.as_ref());
    let cause = match wanted {
        Some(wanted) => format!("none of the application's sources is from Git repository {wanted}"),
        None => "the application's sources are from several Git repositories, or from none".to_owned(),
    };
    let mut failure = Failure::new(&codes::SOURCE_NOT_FOUND, cause);
    failure.notes = sources
        .iter()
        .map(|source| {
            let kind = if is_git(source) { "" } else { " (not from Git)" };
            format!("source {}{kind}", Repository::of(&source.repo_url))
        })
        .collect();
    failure
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(spec: Value, repository: Option<&str>, workflow: Option<&str>) -> Result<Place, Failure> {
        let parsed = |text: Option<&str>| text.map(Repository::of);
        let origin = Origin { repository: parsed(repository), workflow: parsed(workflow), github: None };
        place(&serde_json::from_value(spec).unwrap(), &origin)
    }

    fn sources(urls: &[&str]) -> Value {
        let source = |url: &&str| match url.strip_prefix("chart+") {
            Some(url) => json!({"repoURL": url, "chart": "x"}),
            None => json!({"repoURL": url}),
        };
        json!({"sources": urls.iter().map(source).collect::<Vec<_>>()})
    }

    const OURS: &str = "https://github.com/org/x";
    const CONFIG: &str = "https://github.com/org/config";

    #[test]
    fn the_named_repository_counts_then_the_workflows_then_the_only_one() {
        let both = || sources(&["chart+https://charts.example.com", "git@github.com:org/x.git", CONFIG]);
        for (spec, repository, workflow, expected) in [
            (both(), Some(CONFIG), Some(OURS), vec![2]),
            (both(), None, Some(OURS), vec![1]),
            (sources(&["chart+https://charts.example.com", CONFIG]), None, Some(OURS), vec![1]),
            // The values of a chart are from the same repository as another source, by `ref`.
            (sources(&[CONFIG, CONFIG]), None, None, vec![0, 1]),
        ] {
            assert_eq!(found(spec, repository, workflow).unwrap(), Place::Among(expected));
        }
    }

    #[test]
    fn one_source_is_ours_unless_another_repository_is_named() {
        let one = || json!({"source": {"repoURL": CONFIG}});
        assert_eq!(found(one(), None, Some(OURS)).unwrap(), Place::Only);
        assert_eq!(found(one(), Some(CONFIG), None).unwrap(), Place::Only);
        assert!(found(one(), Some(OURS), None).is_err());
        let dry = json!({"sourceHydrator": {"drySource": {"repoURL": CONFIG}}});
        assert_eq!(found(dry, Some(CONFIG), None).unwrap(), Place::Only);
    }

    #[test]
    fn what_is_not_there_is_listed() {
        let spec = sources(&["chart+https://u:hunter2@charts.example.com", CONFIG, "oci://r.example.com/x"]);
        let failure = found(spec, Some(OURS), None).unwrap_err();
        insta::assert_snapshot!(format!("{failure}\n{}", failure.notes.join("\n")), @r"
        none of the application's sources is from Git repository github.com/org/x (source-not-found)
        source charts.example.com/ (not from Git)
        source github.com/org/config
        source r.example.com/x (not from Git)
        ");
        assert!(found(sources(&[OURS, CONFIG]), None, None).is_err());
        assert!(
            found(json!({"source": {"repoURL": "https://charts.example.com", "chart": "x"}}), None, None)
                .is_err()
        );
    }
}
