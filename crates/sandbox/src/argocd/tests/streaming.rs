use super::*;

/// Reads a stream until `enough` says so, for two seconds at most.
async fn read(mut reply: Response, enough: impl Fn(&str) -> bool) -> (String, bool) {
    let mut text = String::new();
    let end = tokio::time::Instant::now() + Duration::from_secs(2);
    while !enough(&text) {
        match tokio::time::timeout_at(end, reply.chunk()).await {
            Ok(Ok(Some(chunk))) => text.push_str(&String::from_utf8_lossy(&chunk)),
            Ok(Ok(None)) => return (text, true),
            Ok(Err(_)) => return (text, false),
            Err(late) => panic!("{late}: the stream says no more after {} bytes", text.len()),
        }
    }
    (text, true)
}

fn results(text: &str) -> Vec<Value> {
    let documents = text.lines().filter_map(|line| line.strip_prefix("data: "));
    documents.map(|line| serde_json::from_str::<Value>(line).unwrap()["result"].clone()).collect()
}

#[tokio::test]
async fn an_operation_is_seen_from_its_beginning_to_its_end() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("new")).await;
    let app: Value = fixture.sync(&json!({})).await.json().await.unwrap();
    let version = app["metadata"]["resourceVersion"].as_str().unwrap();
    let fields = "fields=result.type,result.application.metadata.resourceVersion,result.application.operation,\
                  result.application.status.operationState.phase,result.application.status.summary";
    let path = format!("/api/v1/stream/applications?name=dev&resourceVersion={version}&{fields}");
    let reply = fixture.call("GET", &path).header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "text/event-stream");
    let only_new = format!(r#""images":["{}"]"#, image("new"));
    let (text, _) = read(reply, |text| text.contains(&only_new)).await;
    let events = results(&text);
    assert_eq!((&events[0]["type"], &events[1]["type"]), (&json!("ADDED"), &json!("MODIFIED")));
    let mut phases: Vec<&str> = events
        .iter()
        .filter_map(|event| event["application"]["status"]["operationState"]["phase"].as_str())
        .collect();
    phases.dedup();
    assert_eq!(phases, ["Running", "Succeeded"]);
    assert_eq!(events[0]["application"]["metadata"], json!({ "resourceVersion": version }));
    let versions: Vec<u64> = events
        .iter()
        .map(|event| event["application"]["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(versions.is_sorted(), "{versions:?}");
    assert!(events.iter().all(|event| event["application"]["spec"].is_null()));
}

#[tokio::test]
async fn an_operation_ends_before_anything_is_assessed_and_that_comes_before_the_comparison() {
    let fixture = Fixture::new().await;
    let old = fixture.app().await["status"]["sync"]["revision"].clone();
    let reply = open(&fixture).await;
    let new = fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    let is_compared = |text: &str| {
        let last = text.ends_with("\n\n").then(|| statuses(text).pop()).flatten();
        last.is_some_and(|status| said(&status)[..2] == [&json!("Synced"), &json!(new)])
    };
    let (text, _) = read(reply, is_compared).await;
    let seen = statuses(&text);
    let ended = seen.iter().position(|status| status["operationState"]["phase"] == "Succeeded").unwrap();
    let before = json!({ "images": [image("old")] });
    for status in &seen[..=ended] {
        assert_eq!(said(status), [&json!("Synced"), &old, &json!("Healthy"), &before]);
    }
    let both = json!({ "images": [image("new"), image("old")] });
    let progressing = json!("Progressing");
    assert_eq!(said(&seen[ended + 1]), [&json!("OutOfSync"), &old, &progressing, &both]);
}

#[tokio::test]
async fn an_operation_fails_before_the_comparison_says_why() {
    let fixture = Fixture::new().await;
    let reply = open(&fixture).await;
    fixture.commit("image: [\n").await;
    fixture.sync(&json!({})).await;
    let (text, _) = read(reply, |text| text.contains(r#""status":"Unknown""#)).await;
    let seen = statuses(&text);
    let [.., failed, compared] = seen.as_slice() else { panic!("{text}") };
    assert_eq!(
        (&failed["operationState"]["phase"], &failed["conditions"], &failed["sync"]["status"]),
        (&json!("Error"), &Value::Null, &json!("Synced"))
    );
    assert_eq!(compared["conditions"][0]["type"], "ComparisonError");
    assert_eq!(said(compared)[..2], [&json!("Unknown"), &json!("dev")]);
}

/// Watches everything that happens to the application.
async fn open(fixture: &Fixture) -> Response {
    let call = fixture.call("GET", "/api/v1/stream/applications?name=dev");
    call.header("accept", "text/event-stream").send().await.unwrap()
}

fn statuses(text: &str) -> Vec<Value> {
    results(text).iter().map(|event| event["application"]["status"].clone()).collect()
}

/// Sync status and revision, health, images.
fn said(status: &Value) -> [&Value; 4] {
    let sync = &status["sync"];
    [&sync["status"], &sync["revision"], &status["health"]["status"], &status["summary"]]
}

#[tokio::test]
async fn the_same_again_is_not_sent() {
    let fixture = Fixture::new().await;
    let path = "/api/v1/stream/applications?fields=result.application.status.sync.revision";
    let reply = fixture.call("GET", path).header("accept", "text/event-stream").send().await.unwrap();
    let sha = fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    let (text, _) = read(reply, |text| text.contains(&sha)).await;
    assert_eq!(results(&text).len(), 2, "{text}");
}

#[tokio::test]
async fn without_the_header_it_is_a_document_in_a_line() {
    let fixture = Fixture::new().await;
    let reply = fixture.call("GET", "/api/v1/stream/applications?name=dev").send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "application/json");
    let (text, _) = read(reply, |text| text.ends_with('\n')).await;
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event["result"]["application"]["metadata"]["name"], "dev");
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_and_a_restart_cuts_it() {
    let fixture = Fixture::new().await;
    fixture.argocd().set_timing(Timing { keepalive_ms: 20, ..Timing::default() });
    let open = async || {
        let call = fixture.call("GET", "/api/v1/stream/applications").header("accept", "text/event-stream");
        call.send().await.unwrap()
    };
    let (text, _) = read(open().await, |text| text.ends_with(":\n:\n")).await;
    assert!(text.starts_with("data: {"), "{text}");
    let reply = open().await;
    let cut = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        fixture.argocd().cut_streams();
    };
    let ((_, ended_well), ()) = tokio::join!(read(reply, |_| false), cut);
    assert!(!ended_well);
}

#[tokio::test]
async fn a_refusal_is_one_chunk_with_its_own_status() {
    let fixture = Fixture::new().await;
    let open = async |accept: &str, query: &str| {
        let path = format!("/api/v1/stream/applications{query}");
        let reply = fixture.anonymous("GET", &path).header("accept", accept).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    };
    let error = r#"{"error":{"grpc_code":16,"http_code":401,"message":"no session information","http_status":"Unauthorized"}}"#;
    assert_eq!(open("text/event-stream", "").await, (401, format!("data: {error} \n\n")));
    assert_eq!(open("*/*", "").await, (401, error.to_owned()));
    // The filter does not know that this is an error.
    assert_eq!(open("text/event-stream", "?fields=result.type").await, (401, "data: {} \n\n".into()));
    let path = "/api/v1/stream/applications?selector=a===b";
    let text = fixture.call("GET", path).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("error parsing labels with selectors: "), "{text}");
}

#[tokio::test]
async fn the_head_of_a_stream_waits_for_its_first_chunk() {
    let fixture = Fixture::new().await;
    fixture.argocd().set_timing(Timing { keepalive_ms: 60_000, ..fixture.argocd().timing() });
    let path = "/api/v1/stream/applications?name=none&project=default";
    let call = fixture.call("GET", path).header("accept", "text/event-stream").send();
    assert!(tokio::time::timeout(Duration::from_millis(100), call).await.is_err());
}

#[tokio::test]
async fn a_stopped_server_is_away_and_comes_back() {
    let fixture = Fixture::new().await;
    let path = "/api/v1/stream/applications?name=dev";
    let reply = fixture.call("GET", path).header("accept", "text/event-stream").send().await.unwrap();
    let watched = read(reply, |_| false);
    let ((_, ended_well), ()) = tokio::join!(watched, fixture.argocd().stop_server());
    assert!(!ended_well);
    let get = async || fixture.call("GET", "/api/v1/applications/dev").send().await;
    assert!(get().await.unwrap_err().is_connect());
    fixture.argocd().start_server().await;
    assert_eq!(get().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_tree_can_be_watched() {
    let fixture = Fixture::new().await;
    let path = "/api/v1/stream/applications/dev/resource-tree";
    let reply = fixture.call("GET", path).header("accept", "text/event-stream").send().await.unwrap();
    fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    let (text, _) = read(reply, |text| text.contains("Terminating")).await;
    assert!(results(&text).len() > 3);
}
