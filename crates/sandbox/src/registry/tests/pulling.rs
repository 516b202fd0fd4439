use std::io::Read;

use super::*;

#[tokio::test]
async fn a_base_image_is_whole() {
    let fixture = Fixture::new().await;
    let registry = fixture.registry();
    let digest = registry.seed_base_image("base/python", "3.12", &["linux/amd64", "linux/arm64"]).unwrap();
    let reply = fixture.call("GET", "/v2/base/python/manifests/3.12").send().await.unwrap();
    assert_eq!(
        (header(&reply, "docker-content-digest"), header(&reply, "content-type")),
        (digest, INDEX.into())
    );
    let index: Value = reply.json().await.unwrap();
    let mut layers = Vec::new();
    for child in index["manifests"].as_array().unwrap() {
        let path = format!("/v2/base/python/manifests/{}", child["digest"].as_str().unwrap());
        let manifest: Value = fixture.call("GET", &path).send().await.unwrap().json().await.unwrap();
        let get = async |descriptor: &Value| {
            let path = format!("/v2/base/python/blobs/{}", descriptor["digest"].as_str().unwrap());
            let bytes = fixture.call("GET", &path).send().await.unwrap().bytes().await.unwrap();
            assert_eq!(bytes.len() as u64, descriptor["size"].as_u64().unwrap());
            bytes
        };
        let config: Value = serde_json::from_slice(&get(&manifest["config"]).await).unwrap();
        assert_eq!(config["architecture"], child["platform"]["architecture"]);
        assert!(config["config"]["Env"][0].as_str().unwrap().starts_with("PATH="));
        let layer = get(&manifest["layers"][0]).await;
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(&layer[..]).read_to_end(&mut tar).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], digest::of(&tar));
        layers.push(layer);
    }
    assert_eq!(layers.len(), 2);
    assert_ne!(layers[0], layers[1]);
}

#[tokio::test]
async fn heads_have_lengths_and_no_bodies() {
    let fixture = Fixture::new().await;
    let (digest, text) = fixture.push_image("product/dev", b"layer").await;
    let reply = fixture.call("HEAD", &format!("/v2/product/dev/manifests/{digest}")).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), header(&reply, "content-length")), (200, text.len().to_string()));
    let path = format!("/v2/product/dev/blobs/{}", digest::of(b"layer"));
    let reply = fixture.call("HEAD", &path).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), header(&reply, "content-length").as_str()), (200, "5"));
    let path = format!("/v2/product/dev/blobs/{}", digest::of(b"none"));
    assert_eq!(fixture.call("HEAD", &path).send().await.unwrap().status(), 404);
    assert_eq!(fixture.call("HEAD", "/v2/product/dev/manifests/none").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn storage_elsewhere_refuses_the_registry_password() {
    let fixture = Fixture::new().await;
    let digest = fixture.push_blob("product/dev", b"layer").await;
    fixture.registry().configure(|settings| settings.redirect_blobs = true);
    let reply = fixture.call("GET", &format!("/v2/product/dev/blobs/{digest}")).send().await.unwrap();
    let place = header(&reply, "location");
    assert_eq!(reply.status(), 307);
    assert!(place.starts_with("http://localhost:"), "{place}");
    assert_eq!(fixture.call("GET", &place).send().await.unwrap().status(), 400);
    assert_eq!(fixture.anonymous("GET", &place).send().await.unwrap().text().await.unwrap(), "layer");
}

#[tokio::test]
async fn tags_come_in_pages() {
    let fixture = Fixture::new().await;
    let (_, text) = fixture.push_image("product/dev", b"layer").await;
    for tag in ["a", "b", "c"] {
        assert_eq!(fixture.put("product/dev", tag, MANIFEST, &text).await.status(), 201);
    }
    let reply = fixture.call("GET", "/v2/product/dev/tags/list?n=2").send().await.unwrap();
    assert_eq!(header(&reply, "link"), r#"</v2/product/dev/tags/list?n=2&last=b>; rel="next""#);
    assert_eq!(reply.json::<Value>().await.unwrap()["tags"], serde_json::json!(["a", "b"]));
    let reply = fixture.call("GET", "/v2/product/dev/tags/list?n=2&last=b").send().await.unwrap();
    assert_eq!(header(&reply, "link"), "");
}

#[tokio::test]
async fn referrers_are_listed() {
    let fixture = Fixture::new().await;
    let (subject, text) = fixture.push_image("product/dev", b"layer").await;
    let artifact = text.replace(
        r#"{"schemaVersion":2,"#,
        &format!(
            r#"{{"schemaVersion":2,"artifactType":"a/b","subject":{{"mediaType":"m","digest":"{subject}","size":1}},"#
        ),
    );
    let digest = digest::of(artifact.as_bytes());
    let reply = fixture.put("product/dev", &digest, MANIFEST, &artifact).await;
    assert_eq!((reply.status().as_u16(), header(&reply, "oci-subject")), (201, subject.clone()));
    let path = format!("/v2/product/dev/referrers/{subject}");
    let list: Value = fixture.call("GET", &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&list["manifests"][0]["digest"], &list["manifests"][0]["artifactType"]),
        (&digest.clone().into(), &"a/b".into())
    );
    let list = fixture.call("GET", &format!("{path}?artifactType=x")).send().await.unwrap();
    assert_eq!(list.json::<Value>().await.unwrap()["manifests"], serde_json::json!([]));
    fixture.registry().configure(|settings| settings.refuse_artifacts = true);
    assert_eq!(fixture.put("product/dev", &digest, MANIFEST, &artifact).await.status(), 405);
}
