use super::*;
use crate::registry::Auth;

#[tokio::test]
async fn strangers_are_asked_who_they_are() {
    let fixture = Fixture::new().await;
    let reply = fixture.anonymous("GET", "/v2/").send().await.unwrap();
    let url = &fixture.sandbox.world().urls.registry;
    assert_eq!(
        header(&reply, "www-authenticate"),
        format!(r#"Basic realm="{url}/",service="ecr.amazonaws.com""#)
    );
    assert_eq!((reply.status().as_u16(), reply.text().await.unwrap().as_str()), (401, "Not Authorized\n"));
    assert_eq!(fixture.call("GET", "/v2/").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_password_of_the_ecr_api_holds_until_it_expires() {
    let fixture = Fixture::new().await;
    let world = fixture.sandbox.world();
    let password = world.ecr.issue_password("arn:aws:iam::123456789012:role/day2-dev");
    let ping = || fixture.anonymous("GET", "/v2/").basic_auth("AWS", Some(&password)).send();
    assert_eq!(ping().await.unwrap().status(), 200);
    world.ecr.expire_passwords();
    let reply = ping().await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), header(&reply, "content-type").as_str()),
        (403, "text/plain; charset=utf-8")
    );
    let text = "denied: Your authorization token has expired. Reauthenticate and try again.\n";
    assert_eq!(reply.text().await.unwrap(), text);
}

#[tokio::test]
async fn public_repositories_can_be_pulled_by_anybody() {
    let fixture = Fixture::new().await;
    fixture.registry().seed_base_image("base/python", "3.12", &["linux/amd64"]).unwrap();
    let pull = || fixture.anonymous("GET", "/v2/base/python/manifests/3.12").send();
    assert_eq!(pull().await.unwrap().status(), 401);
    fixture.registry().allow_anonymous_pull("base/python");
    assert_eq!(pull().await.unwrap().status(), 200);
    assert_eq!(
        fixture.anonymous("POST", "/v2/base/python/blobs/uploads/").send().await.unwrap().status(),
        401
    );
}

#[tokio::test]
async fn bearer_tokens_are_for_one_repository() {
    let fixture = Fixture::new().await;
    fixture.registry().seed_base_image("base/python", "3.12", &["linux/amd64"]).unwrap();
    fixture.registry().allow_anonymous_pull("base/python");
    fixture.registry().configure(|settings| settings.auth = Auth::Bearer);
    let path = "/v2/base/python/manifests/3.12";
    let reply = fixture.anonymous("GET", path).send().await.unwrap();
    let url = &fixture.sandbox.world().urls.registry;
    let challenge =
        format!(r#"Bearer realm="{url}/token",service="sandbox",scope="repository:base/python:pull""#);
    assert_eq!((reply.status().as_u16(), header(&reply, "www-authenticate")), (401, challenge));
    let ask = "/token?service=sandbox&scope=repository:base/python:pull";
    let token: Value = fixture.anonymous("GET", ask).send().await.unwrap().json().await.unwrap();
    let token = token["token"].as_str().unwrap();
    let status = async |method: &str, path: &str| {
        fixture.anonymous(method, path).bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("GET", path).await, 200);
    assert_eq!(status("POST", "/v2/base/python/blobs/uploads/").await, 401);
    assert_eq!(status("GET", "/v2/product/dev/tags/list").await, 401);
}
