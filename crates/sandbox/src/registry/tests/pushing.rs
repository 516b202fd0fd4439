use super::*;

#[tokio::test]
async fn an_index_is_pushed_by_digest_and_tag() {
    let fixture = Fixture::new().await;
    let (child, _) = fixture.push_image("product/dev", b"layer").await;
    let text = index(&[&child]);
    let reply = fixture.put("product/dev", "v1", INDEX, &text).await;
    assert_eq!(reply.status(), 201);
    assert_eq!(header(&reply, "location"), "");
    assert_eq!(header(&reply, "docker-content-digest"), digest::of(text.as_bytes()));
    let registry = fixture.registry();
    let (found, media_type, bytes) = registry.manifest("product/dev", "v1").unwrap();
    assert_eq!((found, media_type.as_str(), bytes), (digest::of(text.as_bytes()), INDEX, text.into_bytes()));
    assert_eq!(registry.tags("product/dev").keys().collect::<Vec<_>>(), ["v1"]);
    assert_eq!(registry.uploads_in_progress(), 0);
    assert_eq!(registry.bytes_received("product/dev"), 7);
    assert_eq!(registry.blob("product/dev", &digest::of(b"layer")).unwrap(), b"layer");
}

#[tokio::test]
async fn an_immutable_tag_stays() {
    let fixture = Fixture::new().await;
    let (child, text) = fixture.push_image("product/dev", b"layer").await;
    assert_eq!(fixture.put("product/dev", "v1", MANIFEST, &text).await.status(), 201);
    let again = refusal(fixture.put("product/dev", "v1", MANIFEST, &text).await).await;
    let message = "The image tag 'v1' already exists in the 'product/dev' repository and cannot be overwritten because \
                   the repository is immutable.";
    assert_eq!(again, (400, "TAG_INVALID".into(), message.into()));
    assert_eq!(fixture.put("product/dev", &child, MANIFEST, &text).await.status(), 201);
}

#[tokio::test]
async fn order_matters() {
    let fixture = Fixture::new().await;
    let missing = digest::of(b"missing");
    let (status, code, message) =
        refusal(fixture.put("product/dev", "v1", INDEX, &index(&[&missing])).await).await;
    assert_eq!((status, code.as_str()), (404, "MANIFEST_BLOB_UNKNOWN"));
    assert_eq!(
        message,
        format!(
            "Images with digests '[{missing}]' required for pushing image into repository with name 'product/dev' in \
             the registry with id '123456789012' do not exist"
        )
    );
    let config = fixture.push_blob("product/dev", b"{}").await;
    let reply = fixture.put("product/dev", "v1", MANIFEST, &image(&config, &missing)).await;
    let (status, code, message) = refusal(reply).await;
    assert_eq!((status, code.as_str()), (404, "BLOB_UPLOAD_UNKNOWN"));
    assert!(message.starts_with(&format!("Layers with digests '[{missing}]' required")), "{message}");
}

#[tokio::test]
async fn no_repository_is_made_by_a_push_unless_set() {
    let fixture = Fixture::new().await;
    let path = "/v2/product/new/blobs/uploads/";
    let message =
        "The repository with name 'product/new' does not exist in the registry with id '123456789012'";
    let reply = fixture.call("POST", path).send().await.unwrap();
    assert_eq!(refusal(reply).await, (404, "NAME_UNKNOWN".into(), message.into()));
    fixture.registry().configure(|settings| settings.create_on_push = true);
    assert_eq!(fixture.call("POST", path).send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn parts_are_answered_with_201_and_a_stale_range() {
    let fixture = Fixture::new().await;
    fixture.registry().configure(|settings| settings.relative_locations = true);
    let place = fixture.open("product/dev").await;
    assert!(place.starts_with("/v2/product/dev/blobs/uploads/"), "{place}");
    let part = vec![7; 5 * 1024 * 1024];
    for _ in 0..2 {
        let reply = fixture.call("PATCH", &place).body(part.clone()).send().await.unwrap();
        assert_eq!((reply.status().as_u16(), header(&reply, "range").as_str()), (201, "0-5242879"));
    }
    let gap = fixture.call("PATCH", &place).header("content-range", "5-6").body("ab").send().await.unwrap();
    let text = "First byte of the layer part is 5 instead of 10485760";
    assert_eq!(refusal(gap).await, (416, "BLOB_UPLOAD_INVALID".into(), text.into()));
    let digest = digest::of(&[part.clone(), part, b"end".to_vec()].concat());
    let reply = fixture.call("PUT", &format!("{place}?digest={digest}")).body("end").send().await.unwrap();
    assert_eq!(reply.status(), 201);
}

#[tokio::test]
async fn small_parts_are_refused_when_another_follows() {
    let fixture = Fixture::new().await;
    let place = fixture.open("product/dev").await;
    assert_eq!(fixture.call("PATCH", &place).body("small").send().await.unwrap().status(), 201);
    let (status, _, text) = refusal(fixture.call("PATCH", &place).body("more").send().await.unwrap()).await;
    assert_eq!((status, text.as_str()), (400, "All layer parts except the last part should be at least 5MB"));
    let put = format!("{place}?digest={}", digest::of(b"small"));
    assert_eq!(fixture.call("PUT", &put).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_wrong_digest_ends_the_upload() {
    let fixture = Fixture::new().await;
    let place = fixture.open("product/dev").await;
    let put = format!("{place}?digest={}", digest::of(b"other"));
    let (status, code, _) = refusal(fixture.call("PUT", &put).body("bytes").send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (400, "DIGEST_INVALID"));
    assert_eq!(fixture.registry().uploads_in_progress(), 0);
    let (status, code, _) = refusal(fixture.call("PUT", &put).body("other").send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (404, "BLOB_UPLOAD_UNKNOWN"));
}

#[tokio::test]
async fn a_mount_needs_the_setting_and_a_manifest() {
    let fixture = Fixture::new().await;
    let registry = fixture.registry();
    registry.create_repository("product/prod", true);
    fixture.push_image("product/dev", b"layer").await;
    let loose = fixture.push_blob("product/dev", b"loose").await;
    let mount = async |digest: &str| {
        let path = format!("/v2/product/prod/blobs/uploads/?mount={digest}&from=product/dev");
        fixture.call("POST", &path).send().await.unwrap().status().as_u16()
    };
    let layer = digest::of(b"layer");
    assert_eq!(mount(&layer).await, 202);
    registry.configure(|settings| settings.mount = true);
    assert_eq!(mount(&loose).await, 202);
    assert_eq!(mount(&layer).await, 201);
    assert_eq!(registry.blobs("product/prod").into_iter().collect::<Vec<_>>(), [layer]);
}

#[tokio::test]
async fn a_manifest_that_is_not_one_is_refused() {
    let fixture = Fixture::new().await;
    for (media_type, text) in
        [(MANIFEST, "{"), (MANIFEST, r#"{"schemaVersion":2,"manifests":[]}"#), ("", "{}")]
    {
        let (status, code, _) = refusal(fixture.put("product/dev", "v1", media_type, text).await).await;
        assert_eq!((status, code.as_str()), (400, "MANIFEST_INVALID"));
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    let place = fixture.open("product/dev").await;
    let digest = digest::of(b"whole");
    let broken = futures_util::stream::iter([
        Ok(bytes::Bytes::from_static(b"who")),
        Err(std::io::Error::other("the client went away")),
    ]);
    let put = format!("{place}?digest={digest}");
    let sent = fixture.call("PUT", &put).body(reqwest::Body::wrap_stream(broken)).send().await;
    assert!(sent.is_err());
    assert!(fixture.registry().blobs("product/dev").is_empty());
    assert_eq!(fixture.registry().uploads_in_progress(), 1);
    // The same upload can be completed from its first byte.
    let reply = fixture.call("PUT", &put).body("whole").send().await.unwrap();
    assert_eq!(reply.status(), 201);
    assert_eq!(fixture.registry().blob("product/dev", &digest).unwrap(), b"whole");
}
