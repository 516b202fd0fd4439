//! The identity token that is signed in with.

use std::{fs, path::Path};

use model::{Deadline, Failure, Secret, codes};
use serde_json::Value;
use toolkit::{Host, http, oidc};

use crate::credential::Source;

/// Gets the token; it is masked. That of a file has the audience that it was projected with.
pub(super) async fn token(
    source: &Source,
    audience: &str,
    host: &Host,
    deadline: Deadline,
) -> Result<Secret, Failure> {
    let token = match source {
        Source::GitHub => {
            let client = http::client(&http::ClientOptions::default())?;
            oidc::fetch(host.env(), &client, audience, deadline).await?
        }
        Source::File(path) => from_file(path)?,
    };
    host.mask(&token);
    Ok(token)
}

fn from_file(path: &Path) -> Result<Secret, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::new(&codes::FILE_ACCESS, format!("cannot read `{}`: {error}", path.display()))
            .with_remedy("Check the input `token-file`, and that the volume with the projected token is mounted into the container that runs the job.")
    })?;
    let token = Secret::new(text.trim());
    if oidc::claims(&token).is_none() {
        return Err(Failure::new(
            &codes::INVALID_INPUT,
            format!("input `token-file`: `{}` holds no JSON Web Token", path.display()),
        ));
    }
    Ok(token)
}

/// Returns the `iss` claim, without a slash at its end.
pub(super) fn issuer(claims: &Value) -> &str {
    claims["iss"].as_str().unwrap_or_default().trim_end_matches('/')
}
