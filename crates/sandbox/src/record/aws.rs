//! Records what STS and ECR were asked and what they answered, for the check against the service models that AWS
//! publishes with botocore.

use std::sync::LazyLock;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value, json};

use super::{Recorder, headers};

/// Names the directory; nothing is recorded without it.
const VARIABLE: &str = "DAY2_RECORD_AWS";

/// Headers of a request that the check looks at.
const HEADERS: &[&str] = &["content-type", "x-amz-target", "user-agent"];

/// What stands in the place of a secret; as long as the shortest that the models allow.
const HIDDEN: &str = "hiddenhiddenhidden";

/// Fields, of requests and of replies, that are credentials.
const SECRETS: &[&str] =
    &["WebIdentityToken", "SecretAccessKey", "SessionToken", "AccessKeyId", "authorizationToken"];

static RECORDER: LazyLock<Option<Recorder>> = LazyLock::new(|| Recorder::from_env(VARIABLE));

/// Puts the recorder before `service` if one is wanted.
pub(crate) fn layer<S: Clone + Send + Sync + 'static>(router: Router<S>, service: &'static str) -> Router<S> {
    if RECORDER.is_none() {
        return router;
    }
    router.layer(middleware::from_fn(move |request, next| apply(service, request, next)))
}

async fn apply(service: &'static str, request: Request, next: Next) -> Response {
    // Every call of AWS's interfaces is a POST; the agent beside a container, which is asked by GET, has no model.
    let Some(recorder) = RECORDER.as_ref().filter(|_| request.method() == http::Method::POST) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let sent = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    // `Credential=KEY/DATE/REGION/SERVICE/aws4_request`: what was signed for, without the signature.
    let scope = parts.headers.get(AUTHORIZATION).and_then(|text| text.to_str().ok()).and_then(scope);
    let asked = json!({
        "service": service,
        "headers": headers(&parts.headers, HEADERS),
        "scope": scope,
        "request": without_secrets(&sent, parts.headers.get(CONTENT_TYPE).is_some_and(is_form)),
    });
    let reply = next.run(Request::from_parts(parts, Body::from(sent))).await;
    let (parts, body) = reply.into_parts();
    let answered = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = hide(&String::from_utf8_lossy(&answered));
    let mut line = asked.clone();
    line["status"] = json!(parts.status.as_u16());
    line["type"] = json!(kind);
    line["reply"] = json!(text);
    let key = format!("{service} {} {}", parts.status, outline(&text));
    recorder.add(&key, &[&asked["headers"], &asked["request"]], line);
    Response::from_parts(parts, Body::from(answered))
}

fn is_form(kind: &http::HeaderValue) -> bool {
    kind.to_str().is_ok_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// The region and the service of a signature.
fn scope(authorization: &str) -> Option<Value> {
    let credential = authorization.split_once("Credential=")?.1.split(',').next()?;
    let parts: Vec<&str> = credential.split('/').collect();
    let [_, _, region, service, _] = parts.as_slice() else { return None };
    Some(json!({ "region": region, "service": service }))
}

/// The fields of a form, or a JSON document.
fn without_secrets(body: &Bytes, is_form: bool) -> Value {
    if !is_form {
        return super::parsed(&Bytes::from(hide(&String::from_utf8_lossy(body))));
    }
    let fields = url::form_urlencoded::parse(body).map(|(name, value)| {
        let is_secret = SECRETS.contains(&name.as_ref());
        (name.into_owned(), if is_secret { HIDDEN.into() } else { Value::String(value.into_owned()) })
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

/// Hides the credentials in XML (`<Name>…<`) and in JSON (`"name":"…"`).
fn hide(text: &str) -> String {
    SECRETS.iter().fold(text.to_owned(), |text, name| {
        let xml = between(&text, &format!("<{name}>"), '<');
        between(&xml, &format!("\"{name}\":\""), '"')
    })
}

fn between(text: &str, start: &str, end: char) -> String {
    let mut pieces = text.split(start);
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.find(end).and_then(|at| piece.get(at..)).unwrap_or_default();
        shown.extend([start, HIDDEN, rest]);
    }
    shown
}

/// What stays of a reply when its values are taken away: the elements and codes of XML, the shape of JSON.
fn outline(text: &str) -> String {
    if let Ok(value) = serde_json::from_str(text) {
        return super::shape::of(&value);
    }
    let names = text.split('<').skip(1).map(|piece| match piece.split_once('>') {
        Some(("Code", code)) => code,
        Some((name, _)) => name,
        None => piece,
    });
    names.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credential_is_written_down() {
        for (text, shown) in [
            (
                "<A><SessionToken>x/y=</SessionToken><B>1</B></A>",
                "<A><SessionToken>hiddenhiddenhidden</SessionToken><B>1</B></A>",
            ),
            (
                r#"{"authorizationToken":"QVdT","expiresAt":1}"#,
                r#"{"authorizationToken":"hiddenhiddenhidden","expiresAt":1}"#,
            ),
        ] {
            assert_eq!(hide(text), shown);
        }
        let form = without_secrets(&Bytes::from("Action=A&WebIdentityToken=eyJ"), true);
        assert_eq!(form, json!({ "Action": "A", "WebIdentityToken": HIDDEN }));
    }

    #[test]
    fn codes_tell_replies_apart() {
        assert_ne!(outline("<E><Code>A</Code></E>"), outline("<E><Code>B</Code></E>"));
        assert_eq!(outline("<E><Message>a</Message></E>"), outline("<E><Message>b</Message></E>"));
    }
}
