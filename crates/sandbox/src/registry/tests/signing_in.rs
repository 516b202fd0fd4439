use super::*;
use crate::{registry::Auth, sts::Grants};

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
async fn a_password_opens_the_registries_of_its_region_and_no_others() {
    let fixture = Fixture::new().await;
    let (world, role) = (fixture.sandbox.world(), "arn:aws:iam::123456789012:role/day2-dev");
    world.sts.add_role_for(role, "org/x");
    let session = world.sts.start_session(role, "day2-product-7-1").unwrap();
    let status = async |path: &str, region: Option<&str>| {
        let (password, _) = world.ecr.issue(&session, region);
        let call = fixture.anonymous("GET", path).basic_auth("AWS", Some(&password));
        call.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("/v2/", Some(super::super::REGION)).await, 200);
    assert_eq!(status("/v2/", Some("us-east-1")).await, 403);
    assert_eq!(status("/v2/", None).await, 403);
    fixture.registry().configure(|settings| settings.auth = Auth::Bearer);
    let ask = "/token?service=sandbox&scope=repository:product/dev:pull";
    assert_eq!(status(ask, None).await, 200);
    assert_eq!(status(ask, Some(super::super::REGION)).await, 403);
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

#[tokio::test]
async fn a_role_reaches_the_repositories_that_it_was_granted() {
    let fixture = Fixture::new().await;
    let (world, role) = (fixture.sandbox.world(), "arn:aws:iam::123456789012:role/day2-dev");
    fixture.registry().seed_base_image("base/python", "3.12", &["linux/amd64"]).unwrap();
    fixture.registry().create_repository("product/prod", true);
    fixture.registry().configure(|settings| settings.mount = true);
    world.sts.add_role_for(role, "org/x");
    world.sts.grant(role, Grants::new(&["product/dev"], &["base/*"]));
    let session = world.sts.start_session(role, "day2-product-7-1").unwrap();
    let (password, _) = world.ecr.issue(&session, Some(super::super::REGION));
    let send = async |method: &str, path: &str| {
        let call = fixture.anonymous(method, path).basic_auth("AWS", Some(&password));
        call.send().await.unwrap()
    };
    for (method, path, status) in [
        ("POST", "/v2/product/dev/blobs/uploads/", 202),
        ("GET", "/v2/product/dev/tags/list", 200),
        ("GET", "/v2/base/python/manifests/3.12", 200),
        ("POST", "/v2/base/python/blobs/uploads/", 403),
        ("GET", "/v2/product/prod/tags/list", 403),
        ("PUT", "/v2/product/prod/manifests/v1", 403),
    ] {
        assert_eq!(send(method, path).await.status(), status, "{method} {path}");
    }
    let (status, code, message) = refusal(send("POST", "/v2/product/prod/blobs/uploads/").await).await;
    let text = "User: arn:aws:sts::123456789012:assumed-role/day2-dev/day2-product-7-1 is not authorized to perform: \
                ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-central-1:123456789012:repository/product/prod \
                because no identity-based policy allows the ecr:InitiateLayerUpload action";
    assert_eq!((status, code.as_str(), message.as_str()), (403, "DENIED", text));
    // A mount would be another way to read.
    let layer = fixture.registry().blobs("base/python").pop_first().unwrap();
    let mount = format!("/v2/product/dev/blobs/uploads/?mount={layer}&from=base/python");
    assert_eq!(send("POST", &mount).await.status(), 201);
    world.sts.grant(role, Grants::new(&["product/dev"], &[]));
    assert_eq!(send("POST", &mount).await.status(), 202);
}
