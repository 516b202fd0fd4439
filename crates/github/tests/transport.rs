//! The transport against a server of a few lines: what is sent, what is followed, what is tried again.
#![cfg(test)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use github::{ApiError, Endpoints, GitHub, Method};
use model::{Deadline, Secret};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Answers each request with the next of its replies, the last one again and again, and keeps the requests.
/// `{url}` in a reply is its own address; an empty reply is a broken connection.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn new(replies: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, own) = (requests.clone(), url.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await;
                let seen = kept.lock().unwrap().len();
                kept.lock().unwrap().push(request);
                if let Some(reply) = replies.get(seen).or(replies.last()) {
                    stream.write_all(reply.replace("{url}", &own).as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, requests }
    }

    fn github(&self) -> GitHub {
        self.github_within(Duration::from_secs(10))
    }

    fn github_within(&self, budget: Duration) -> GitHub {
        let endpoints =
            Endpoints { api: format!("{}/api/v3/", self.url), graphql: format!("{}/api/graphql", self.url) };
        GitHub::new(endpoints, &Secret::new("s3cret"), Deadline::after(budget)).unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        let is_whole = request.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            // A body of these tests is an object, or none.
            !head.to_lowercase().contains("content-type:") || body.ends_with('}')
        });
        if is_whole || read == 0 {
            return request;
        }
    }
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

#[tokio::test]
async fn a_request_has_our_headers_once_each() {
    let server = Server::new(vec![reply("200 OK", "", r#"{"a":1}"#)]).await;
    let reply = server.github().send(Method::PUT, "/x?y=1", Some(json!({ "b": 2 }))).await.unwrap();
    assert_eq!((reply.status, reply.body["a"].as_u64()), (200, Some(1)));
    let request = server.requests().remove(0).to_lowercase();
    assert!(request.starts_with("put /api/v3/x?y=1 http/1.1\r\n"), "{request}");
    assert!(request.ends_with(r#"{"b":2}"#), "{request}");
    for header in [
        "accept: application/vnd.github+json",
        "authorization: bearer s3cret",
        "content-length: 7",
        "content-type: application/json",
        concat!("user-agent: day2-actions/", env!("CARGO_PKG_VERSION")),
        "x-github-api-version: 2022-11-28",
    ] {
        let name = header.split(':').next().unwrap();
        let lines: Vec<&str> = request.lines().filter(|line| line.starts_with(&format!("{name}:"))).collect();
        assert_eq!(lines, [header]);
    }
}

#[tokio::test]
async fn graphql_has_its_own_address_beside_the_api() {
    let server = Server::new(vec![reply("200 OK", "", r#"{"data":{"a":1}}"#)]).await;
    assert_eq!(server.github().graphql("query A { a }", json!({})).await.unwrap(), json!({ "a": 1 }));
    assert!(server.requests()[0].starts_with("POST /api/graphql HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_read_is_tried_again_and_a_write_is_not() {
    let replies = || vec![reply("502 Bad Gateway", "", ""), String::new(), reply("200 OK", "", "[]")];
    let server = Server::new(replies()).await;
    assert_eq!(server.github().read("/x").await.unwrap().body, json!([]));
    assert_eq!(server.requests().len(), 3);

    let server = Server::new(replies()).await;
    let github = server.github();
    let error = github.send(Method::PUT, "/x", Some(json!({}))).await.unwrap_err();
    assert!(error.is_in_doubt() && error.status() == Some(502), "{error}");
    let error = github.send(Method::PUT, "/x", Some(json!({}))).await.unwrap_err();
    assert!(matches!(error, ApiError::Interrupted { .. }) && error.is_in_doubt(), "{error}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again_and_keeps_what_github_said() {
    let headers = "x-github-request-id: AB:1\r\nx-accepted-github-permissions: contents=read\r\n";
    let body = r#"{"message":"Resource not accessible by integration"}"#;
    let server = Server::new(vec![reply("403 Forbidden", headers, body)]).await;
    let error = server.github().read("/x").await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
    let failure = error.into_failure("read x");
    assert_eq!(failure.code.id, "permission-denied");
    assert!(failure.remedy.contains("`contents: read`"), "{}", failure.remedy);
    assert_eq!(failure.notes, ["call: GET /x", "request id: AB:1"]);
    assert!(!format!("{failure:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_short_rate_limit_is_waited_out_and_a_long_one_is_not() {
    let limited = |seconds: u32| {
        let body = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        reply("403 Forbidden", &format!("retry-after: {seconds}\r\n"), body)
    };
    let server = Server::new(vec![limited(0), reply("200 OK", "", "{}")]).await;
    server.github().read("/x").await.unwrap();
    let server = Server::new(vec![limited(60)]).await;
    let failure = server.github().read("/x").await.unwrap_err().into_failure("read x");
    assert_eq!((failure.code.id, server.requests().len()), ("rate-limited", 1));
    assert!(failure.remedy.contains("60 s"), "{}", failure.remedy);
}

#[tokio::test]
async fn a_rate_limit_of_graphql_is_waited_out_as_one_of_rest_is() {
    let limited = |seconds: u32| {
        let body = r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#;
        reply("200 OK", &format!("retry-after: {seconds}\r\n"), body)
    };
    let server = Server::new(vec![limited(0), reply("200 OK", "", r#"{"data":{"a":1}}"#)]).await;
    assert_eq!(server.github().read_graphql("query A { a }", json!({})).await.unwrap(), json!({ "a": 1 }));
    let server = Server::new(vec![limited(60)]).await;
    let error = server.github().read_graphql("query A { a }", json!({})).await.unwrap_err();
    let failure = error.into_failure("read x");
    assert_eq!((failure.code.id, server.requests().len()), ("rate-limited", 1));
    assert!(failure.remedy.contains("60 s"), "{}", failure.remedy);
}

#[tokio::test]
async fn a_renamed_repository_is_followed_on_the_same_host_only() {
    let moved = |location: &str| reply("301 Moved Permanently", &format!("location: {location}\r\n"), "{}");
    let server =
        Server::new(vec![moved("{url}/repositories/1"), reply("200 OK", "", r#"{"ok":true}"#)]).await;
    assert_eq!(server.github().read("/x").await.unwrap().body, json!({ "ok": true }));
    assert!(server.requests()[1].starts_with("GET /repositories/1 HTTP/1.1\r\n"));

    let other = Server::new(vec![reply("200 OK", "", "{}")]).await;
    let server = Server::new(vec![moved(&format!("{}/x", other.url))]).await;
    let error = server.github().read("/x").await.unwrap_err();
    assert_eq!((error.status(), other.requests().len()), (Some(301), 0));

    let endless = Server::new(vec![moved("{url}/x")]).await;
    assert!(matches!(endless.github().read("/x").await.unwrap_err(), ApiError::Malformed { .. }));
}

#[tokio::test]
async fn a_write_is_never_turned_into_a_read() {
    let server = Server::new(vec![reply("302 Found", "location: {url}/elsewhere\r\n", "")]).await;
    let error = server.github().send(Method::POST, "/x", None).await.unwrap_err();
    assert_eq!((error.status(), server.requests().len()), (Some(302), 1));

    let redirect = reply("307 Temporary Redirect", "location: {url}/elsewhere\r\n", "");
    let server = Server::new(vec![redirect, reply("201 Created", "", "{}")]).await;
    server.github().send(Method::POST, "/x", Some(json!({ "b": 2 }))).await.unwrap();
    let second = server.requests().remove(1);
    assert!(second.starts_with("POST /elsewhere ") && second.ends_with(r#"{"b":2}"#), "{second}");
}

#[tokio::test]
async fn the_deadline_ends_a_call_that_hangs() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server { url, requests: Arc::default() };
    let error = server.github_within(Duration::from_millis(200)).read("/x").await.unwrap_err();
    assert!(matches!(error, ApiError::Deadline { .. }), "{error}");
    assert_eq!(error.into_failure("read x").code.id, "deadline-passed");
}

#[tokio::test]
async fn a_write_that_hangs_is_given_up_in_time_for_a_look() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server { url, requests: Arc::default() };
    let github = server.github_within(Duration::from_secs(2));
    let error = github.send(Method::PATCH, "/x", Some(json!({}))).await.unwrap_err();
    assert!(matches!(error, ApiError::GivenUp { .. }) && error.is_in_doubt(), "{error}");
    assert!(!github.deadline().has_passed());
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let server = Server { url: "http://127.0.0.1:1".to_owned(), requests: Arc::default() };
    let error = server.github().send(Method::PUT, "/x", None).await.unwrap_err();
    assert!(matches!(error, ApiError::Unreachable { .. }) && !error.is_in_doubt(), "{error}");
    assert_eq!(error.into_failure("read x").code.id, "unreachable");
}

#[tokio::test]
async fn a_token_with_a_line_break_is_refused_without_repeating_it() {
    let nowhere = "http://127.0.0.1:1".to_owned();
    let endpoints = Endpoints { api: nowhere.clone(), graphql: nowhere };
    let token = Secret::new("s3cret\n");
    let failure = GitHub::new(endpoints, &token, Deadline::after(Duration::from_secs(1))).err().unwrap();
    assert_eq!(failure.code.id, "token-rejected");
    assert!(!format!("{failure:?}").contains("s3cret"));
}

/// Takes the ten seconds that a read is given.
#[tokio::test]
async fn a_query_without_an_answer_is_asked_again_before_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (_silent, _) = listener.accept().await.unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        read(&mut second).await;
        second.write_all(reply("200 OK", "", r#"{"data":{"a":1}}"#).as_bytes()).await.unwrap();
    });
    let github = Server { url, requests: Arc::default() }.github_within(Duration::from_secs(14));
    assert_eq!(github.read_graphql("query A { a }", json!({})).await.unwrap(), json!({ "a": 1 }));
}

/// A page of one entry, and all but the last name the next one, which lies elsewhere.
fn page(number: u64, last: u64, body: &str) -> String {
    let link = format!("link: <http://elsewhere.example/x?page={}>; rel=\"next\"\r\n", number + 1);
    reply("200 OK", if number < last { &link } else { "" }, body)
}

#[tokio::test]
async fn a_short_page_is_not_the_last_while_another_one_is_named() {
    let repository = "org/x".parse().unwrap();
    let entry = |number| page(number, 3, &format!(r#"[{{"event":"committed","sha":"{number}"}}]"#));
    let server = Server::new(vec![entry(1), entry(2), entry(3)]).await;
    assert_eq!(github::issues::timeline(&server.github(), &repository, 7).await.unwrap().len(), 3);
    assert!(server.requests()[2].contains("per_page=100&page=3 "));

    let commit = |number| {
        page(number, 2, &format!(r#"{{"commits":[{{"sha":"{number}","commit":{{"message":"m"}}}}]}}"#))
    };
    let server = Server::new(vec![commit(1), commit(2)]).await;
    let sha = "a".repeat(40).parse().unwrap();
    let commits = github::compare::commits(&server.github(), &repository, &sha, &sha).await.unwrap();
    assert_eq!(commits.into_iter().map(|commit| commit.oid).collect::<Vec<_>>(), ["1", "2"]);
}
