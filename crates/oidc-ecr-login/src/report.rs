//! What a login leaves for people and for later steps.

use toolkit::{Report, Summary};

use crate::docker_config::{LoggedOut, Written};

/// A login that worked.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The registries.
    pub(crate) hosts: Vec<String>,
    /// The account of the identity.
    pub(crate) account: String,
    /// The role, or the caller's ARN.
    pub(crate) identity: String,
    /// The session's ARN.
    pub(crate) session: String,
    /// When the first credential ends.
    pub(crate) expires_at: String,
    /// The directory of the Docker configuration.
    pub(crate) directory: String,
    /// Phases and their durations.
    pub(crate) timings: Vec<Vec<String>>,
}

/// Returns outputs, summary and the closing line.
pub(crate) fn report(outcome: &Outcome) -> Report {
    let registries = outcome.hosts.join("\n");
    let shown = outcome.hosts.join(", ");
    let rows: Vec<Vec<String>> = [
        ("Registry", &shown),
        ("Identity", &outcome.identity),
        ("Session", &outcome.session),
        ("Credential valid until", &outcome.expires_at),
    ]
    .into_iter()
    .map(|(name, value)| vec![name.to_owned(), format!("`{value}`")])
    .collect();
    let summary = Summary::new()
        .heading("Signed in to ECR")
        .table(&["", ""], &rows)
        .details("Timings", &Summary::new().table(&["Phase", "Time"], &outcome.timings));
    let timings: Vec<String> = outcome.timings.iter().map(|row| row.join(" ")).collect();
    Report::new()
        .line(format!("Signed in to {shown} until {} ({})", outcome.expires_at, timings.join(", ")))
        .output("registry", outcome.hosts.first().cloned().unwrap_or_default())
        .output("registries", registries)
        .output("account-id", &outcome.account)
        .output("role-arn", &outcome.identity)
        .output("expires-at", &outcome.expires_at)
        .output("docker-config", &outcome.directory)
        .summary(summary)
}

/// Returns what a person should know about the files.
pub(crate) fn about(written: &Written) -> Vec<String> {
    let mut lines: Vec<String> = written
        .also
        .iter()
        .map(|path| format!("`REGISTRY_AUTH_FILE` ({}) has the credentials as well", path.display()))
        .collect();
    if let Some(store) = &written.store {
        lines.push(if written.is_new_place {
            format!(
                "The user's store of credentials (`credsStore: {store}`) is asked only for the registries that the \
                 configuration names"
            )
        } else {
            format!(
                "The configuration has a store of credentials (`credsStore: {store}`): Docker is told to use the file \
                 for these registries; podman, buildah and skopeo cannot be told so, and need `docker-config: isolated`"
            )
        });
    }
    lines
}

/// Returns the closing lines of a logout.
pub(crate) fn logged_out(done: &LoggedOut) -> Report {
    if done == &LoggedOut::default() {
        return Report::new().line("No credential of this job's logins is left to take out");
    }
    let says =
        |text: &str, hosts: &[String]| (!hosts.is_empty()).then(|| format!("{text} {}", hosts.join(", ")));
    let lines = [
        says("Signed out of", &done.hosts),
        says("Other jobs of the same user still need the credential for", &done.kept),
    ];
    lines.into_iter().flatten().fold(Report::new(), Report::line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_shows_who_and_where() {
        let report = report(&Outcome {
            hosts: vec!["123456789012.dkr.ecr.eu-central-1.amazonaws.com".into()],
            account: "123456789012".into(),
            identity: "arn:aws:iam::123456789012:role/day2-dev".into(),
            session: "arn:aws:sts::123456789012:assumed-role/day2-dev/day2-product-7-1".into(),
            expires_at: "2026-11-21T23:00:00Z".into(),
            directory: "/tmp/day2-docker-x".into(),
            timings: vec![
                vec!["OIDC token".into(), "120 ms".into()],
                vec!["assume role".into(), "90 ms".into()],
            ],
        });
        insta::assert_snapshot!(report.summary.as_str(), @r"
        ### Signed in to ECR

        |  |  |
        | --- | --- |
        | Registry | `123456789012.dkr.ecr.eu-central-1.amazonaws.com` |
        | Identity | `arn:aws:iam::123456789012:role/day2-dev` |
        | Session | `arn:aws:sts::123456789012:assumed-role/day2-dev/day2-product-7-1` |
        | Credential valid until | `2026-11-21T23:00:00Z` |

        <details><summary>Timings</summary>

        | Phase | Time |
        | --- | --- |
        | OIDC token | 120 ms |
        | assume role | 90 ms |

        </details>
        ");
        insta::assert_snapshot!(report.lines.join("\n"), @"Signed in to 123456789012.dkr.ecr.eu-central-1.amazonaws.com until 2026-11-21T23:00:00Z (OIDC token 120 ms, assume role 90 ms)");
    }

    #[test]
    fn stores_and_further_files_are_told() {
        let written = |is_new_place| Written {
            is_new_place,
            also: vec!["/run/auth.json".into()],
            store: Some("pass".into()),
            ..Written::default()
        };
        insta::assert_snapshot!([about(&written(true)), about(&written(false))].concat().join("\n"), @r"
        `REGISTRY_AUTH_FILE` (/run/auth.json) has the credentials as well
        The user's store of credentials (`credsStore: pass`) is asked only for the registries that the configuration names
        `REGISTRY_AUTH_FILE` (/run/auth.json) has the credentials as well
        The configuration has a store of credentials (`credsStore: pass`): Docker is told to use the file for these registries; podman, buildah and skopeo cannot be told so, and need `docker-config: isolated`
        ");
        assert!(about(&Written::default()).is_empty());
    }
}
