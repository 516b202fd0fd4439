//! STS over HTTP: the query protocol, one form POST per call.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::{
    Session, agent,
    assume::{Assumed, assume},
    chain,
    reply::{self, StsError, element},
    sigv4::{self, Unsigned},
    time::iso,
};
use crate::World;

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new().route("/", post(call)).route("/v1/credentials", get(agent::credentials)).with_state(world)
}

async fn call(
    State(world): State<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    match form.get("Action").map(String::as_str) {
        Some("AssumeRoleWithWebIdentity") => match assume(&world.sts, world.oidc.issuer(), &form) {
            Ok(assumed) => {
                world.sts.keep(assumed.session.clone());
                reply::result("AssumeRoleWithWebIdentity", &assumed_xml(&assumed))
            }
            Err(error) => error.into_response(),
        },
        Some("AssumeRole") => {
            let from = sigv4::verify(&world.sts, &method, &uri, &headers, &body).map_err(refusal);
            match from.and_then(|from| chain::assume(&world.sts, &from, &form)) {
                Ok(session) => {
                    world.sts.keep(session.clone());
                    reply::result("AssumeRole", &session_xml(&session))
                }
                Err(error) => error.into_response(),
            }
        }
        Some("GetCallerIdentity") => match sigv4::verify(&world.sts, &method, &uri, &headers, &body) {
            Ok(session) => {
                let account = session.arn.split(':').nth(4).unwrap_or_default();
                let xml = element("Arn", &session.arn)
                    + &element("UserId", &session.user_id)
                    + &element("Account", account);
                reply::result("GetCallerIdentity", &xml)
            }
            Err(why) => refusal(why).into_response(),
        },
        action => {
            let message =
                format!("Could not find operation {} for version 2011-06-15", action.unwrap_or("null"));
            StsError::new(400, "InvalidAction", message).into_response()
        }
    }
}

fn session_xml(session: &Session) -> String {
    let user = element("Arn", &session.arn) + &element("AssumedRoleId", &session.user_id);
    let credentials = element("AccessKeyId", &session.access_key_id)
        + &element("SecretAccessKey", &session.secret_access_key)
        + &element("SessionToken", &session.session_token)
        + &element("Expiration", &iso(session.expires));
    format!("<AssumedRoleUser>{user}</AssumedRoleUser><Credentials>{credentials}</Credentials>")
}

fn assumed_xml(assumed: &Assumed) -> String {
    format!(
        "{}{}{}{}",
        session_xml(&assumed.session),
        element("SubjectFromWebIdentityToken", &assumed.subject),
        element("Audience", &assumed.audience),
        element("Provider", &assumed.provider_arn),
    )
}

fn refusal(why: Unsigned) -> StsError {
    match why {
        Unsigned::Missing => {
            StsError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        }
        Unsigned::UnknownKey => StsError::new(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        ),
        Unsigned::Expired => {
            StsError::new(403, "ExpiredToken", "The security token included in the request is expired")
        }
        Unsigned::Mismatch => StsError::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS \
             Secret Access Key and signing method. Consult the service documentation for details.",
        ),
    }
}
