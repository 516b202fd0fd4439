//! What a login leaves for people and for later steps.

use base64::{Engine, engine::general_purpose::STANDARD};
use model::Secret;
use toolkit::{Report, Summary};

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

/// Says which registries later steps cannot reach any more with the credentials that they had, if there are any.
pub(crate) fn left_out(hosts: &[String], logins: &[(String, Secret)]) -> Option<String> {
    let lost: Vec<&str> =
        hosts.iter().map(String::as_str).filter(|host| logins.iter().all(|(new, _)| new != host)).collect();
    (!lost.is_empty()).then(|| {
        format!(
            "The credentials for {} are not in the new Docker configuration; sign in to them after this step if a \
             later one needs them",
            lost.join(", ")
        )
    })
}

/// Returns the password within a registry token, the base64 of `AWS:password`, so that it can be masked as well.
pub(crate) fn password(auth: &Secret) -> Option<Secret> {
    let decoded = String::from_utf8(STANDARD.decode(auth.expose()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| Secret::new(password))
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
    fn credentials_that_are_left_out_are_named() {
        let hosts = ["index.docker.io".to_owned(), "r.example".to_owned()];
        let logins = [("r.example".to_owned(), Secret::new("x"))];
        insta::assert_snapshot!(left_out(&hosts, &logins).unwrap(), @"The credentials for index.docker.io are not in the new Docker configuration; sign in to them after this step if a later one needs them");
        assert_eq!(left_out(&hosts[1..], &logins), None);
    }

    #[test]
    fn the_password_is_found() {
        let password = password(&Secret::new(STANDARD.encode("AWS:pa:ss"))).unwrap();
        assert_eq!(password.expose(), "pa:ss");
    }
}
