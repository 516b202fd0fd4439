//! Apps: their JWTs, and the tokens of their installations.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Fixture, SLUG, unpack};
use crate::github::{AppKey, clock::Clock};

const GRANTED: &[(&str, &str)] = &[("contents", "write"), ("pull-requests", "read")];

/// A JWT as an App makes it, with other claims laid over it.
fn jwt(key: &AppKey, changed: Value) -> String {
    let now = Clock::default().seconds();
    let mut claims = json!({ "iss": key.client_id, "iat": now - 60, "exp": now + 540 });
    if let Value::Object(changed) = changed {
        claims.as_object_mut().unwrap().extend(changed);
    }
    let signing = EncodingKey::from_rsa_pem(key.pem.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &signing).unwrap()
}

async fn ask(fixture: &Fixture, jwt: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = (!body.is_null()).then_some(body);
    unpack(fixture.send_as(jwt, method, path, body).await).await
}

/// An App `deploy` that is installed on the product, and the path of its tokens.
async fn installed() -> (Fixture, AppKey, u64, String) {
    let fixture = Fixture::new().await;
    fixture.github().create_repository("org/other", &[("a", b"a")], &["main"]).await.unwrap();
    let key = fixture.github().create_app("deploy").unwrap();
    let id = fixture.github().install_app(key.id, "org", &[SLUG], GRANTED);
    (fixture, key, id, format!("/app/installations/{id}/access_tokens"))
}

#[tokio::test]
async fn an_app_gets_a_token_for_one_repository_and_some_permissions() {
    let (fixture, key, id, tokens) = installed().await;
    let signed = jwt(&key, json!({ "iss": key.id }));
    let (status, found) = ask(&fixture, &signed, "GET", "installation", Value::Null).await;
    assert_eq!((status, found["id"].as_u64(), found["app_slug"].as_str()), (200, Some(id), Some("deploy")));
    assert_eq!(
        found["permissions"],
        json!({ "contents": "write", "metadata": "read", "pull_requests": "read" })
    );
    let body = json!({ "repositories": ["day2-product"], "permissions": { "contents": "write" } });
    let (status, minted) = ask(&fixture, &jwt(&key, Value::Null), "POST", &tokens, body).await;
    assert_eq!(status, 201, "{minted}");
    assert_eq!(minted["repositories"][0]["full_name"], SLUG);
    let token = minted["token"].as_str().unwrap();
    assert!(token.starts_with("ghs_"));
    assert_eq!(fixture.send_as(token, "GET", "git/ref/heads/dev", None).await.status(), 200);
    assert_eq!(fixture.send_as(token, "GET", "/repos/org/other", None).await.status(), 404);
    let pull = json!({ "head": "feature/hello", "base": "main", "title": "x" });
    assert_eq!(fixture.send_as(token, "POST", "pulls", Some(pull)).await.status(), 403);
    // Both are to be searched for in logs, whatever became of them.
    assert_eq!(fixture.send_as(token, "DELETE", "/installation/token", None).await.status(), 204);
    assert_eq!(fixture.send_as(token, "GET", "git/ref/heads/dev", None).await.status(), 401);
    let secrets = fixture.github().tokens();
    assert!(
        secrets.iter().any(|one| one == token) && secrets.contains(&key.pem) && secrets.contains(&signed)
    );
    let line = key.pem.lines().nth(3).unwrap();
    assert!(secrets.iter().any(|one| one == line));
}

#[tokio::test]
async fn a_token_expires_after_an_hour() {
    let (fixture, key, _, tokens) = installed().await;
    let (_, minted) = ask(&fixture, &jwt(&key, Value::Null), "POST", &tokens, json!({})).await;
    let token = minted["token"].as_str().unwrap();
    assert_eq!(minted["repository_selection"], "all");
    fixture.github().set_clock_ahead(3590);
    assert_eq!(fixture.send_as(token, "GET", "git/ref/heads/dev", None).await.status(), 200);
    fixture.github().set_clock_ahead(3601);
    assert_eq!(fixture.send_as(token, "GET", "git/ref/heads/dev", None).await.status(), 401);
}

#[tokio::test]
async fn a_jwt_is_judged_by_its_times_and_its_signature() {
    let (fixture, key, ..) = installed().await;
    let other = fixture.github().create_app("other").unwrap();
    let now = Clock::default().seconds();
    let forged = jwt(&AppKey { client_id: key.client_id.clone(), ..other.clone() }, Value::Null);
    for (signed, status, text) in [
        (jwt(&key, json!({ "iat": now + 90 })), 401, "'Issued at' claim ('iat') must be an Integer"),
        (jwt(&key, json!({ "exp": now + 900 })), 401, "claim ('exp') is too far in the future"),
        (jwt(&key, json!({ "exp": now - 5 })), 401, "claim ('exp') must be a numeric value"),
        (jwt(&key, json!({ "iss": "999" })), 404, "Integration not found"),
        (jwt(&other, Value::Null), 404, "Not Found"),
        (forged, 401, "A JSON web token could not be decoded"),
        ("ghs_x".to_owned(), 401, "A JSON web token could not be decoded"),
    ] {
        let (found, body) = ask(&fixture, &signed, "GET", "installation", Value::Null).await;
        assert_eq!(found, status, "{body}");
        assert!(body["message"].as_str().unwrap().contains(text), "{body}");
    }
}

#[tokio::test]
async fn what_the_installation_lacks_is_refused() {
    let (fixture, key, id, tokens) = installed().await;
    let post = async |body| ask(&fixture, &jwt(&key, Value::Null), "POST", &tokens, body).await;
    for (body, text) in [
        (json!({ "permissions": { "pull_requests": "write" } }), "permissions requested are not granted"),
        (json!({ "permissions": { "workflows": "write" } }), "permissions requested are not granted"),
        (json!({ "repositories": ["other"] }), "not accessible to the parent installation"),
    ] {
        let (status, reply) = post(body).await;
        assert_eq!(status, 422);
        assert!(reply["message"].as_str().unwrap().contains(text), "{reply}");
    }
    fixture.github().suspend_installation(id, true);
    let (status, reply) = post(json!({})).await;
    assert_eq!((status, reply["message"].as_str().unwrap()), (403, "This installation has been suspended"));
    fixture.github().suspend_installation(id, false);
    assert_eq!(post(json!({})).await.0, 201);
}

#[tokio::test]
async fn an_app_signs_its_commits_and_a_person_does_not() {
    let (fixture, key, _, tokens) = installed().await;
    let (_, minted) = ask(&fixture, &jwt(&key, Value::Null), "POST", &tokens, json!({})).await;
    let alice = fixture.github().token(crate::github::TokenSpec::new("alice", &[("contents", "write")]));
    let head = fixture.sha("dev").await;
    let tree = fixture.get(&format!("git/commits/{head}")).await["tree"]["sha"].clone();
    let plain = json!({ "message": "m", "tree": tree, "parents": [head] });
    let named = json!({ "message": "m", "tree": tree, "parents": [head], "author": { "name": "a", "email": "a@b.c" } });
    for (token, body, verified) in [
        (minted["token"].as_str().unwrap(), &plain, true),
        (minted["token"].as_str().unwrap(), &named, false),
        (&alice, &plain, false),
    ] {
        let (status, made) = ask(&fixture, token, "POST", "git/commits", body.clone()).await;
        assert_eq!((status, made["verification"]["verified"].as_bool()), (201, Some(verified)), "{made}");
    }
}

#[tokio::test]
async fn an_archived_repository_takes_no_write() {
    let fixture = Fixture::new().await;
    fixture.github().archive(SLUG);
    let body = json!({ "content": "x" });
    let (status, reply) = fixture.call("POST", "git/blobs", body).await;
    assert_eq!((status, reply["message"].as_str()), (403, Some("Repository was archived so is read-only.")));
    assert_eq!(fixture.get(&format!("/repos/{SLUG}")).await["archived"], true);
}
