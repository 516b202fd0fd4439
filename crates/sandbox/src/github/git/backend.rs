//! `git http-backend` as a CGI program (`git-http-backend(1)`).

use std::process::Stdio;

use super::{Git, GitError, Output};

/// One request, in CGI's terms.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// `/info/refs`, `/git-upload-pack`, `/git-receive-pack`.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) content_encoding: &'a str,
    /// The `Git-Protocol` header, such as `version=2`.
    pub(crate) protocol: &'a str,
    pub(crate) user: Option<&'a str>,
    /// Further variables, for the hooks.
    pub(crate) variables: &'a [(&'a str, String)],
    pub(crate) body: &'a [u8],
}

/// What the program answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Git {
    /// Hands a request to `git http-backend`.
    pub(crate) async fn backend(&self, request: &Request<'_>) -> Result<Reply, GitError> {
        let mut command = self.command(&["http-backend"]);
        command
            .env_remove("GIT_DIR")
            .env("GIT_PROJECT_ROOT", &self.directory)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("PATH_INFO", request.path)
            .env("QUERY_STRING", request.query)
            .env("REQUEST_METHOD", request.method)
            .env("CONTENT_TYPE", request.content_type)
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", request.content_encoding)
            .env("REMOTE_ADDR", "127.0.0.1")
            .stdin(Stdio::null());
        if !request.protocol.is_empty() {
            command.env("HTTP_GIT_PROTOCOL", request.protocol).env("GIT_PROTOCOL", request.protocol);
        }
        if let Some(user) = request.user {
            command.env("REMOTE_USER", user);
        }
        for (name, value) in request.variables {
            command.env(name, value);
        }
        Ok(parse(&Self::finish(command, request.body).await?))
    }
}

/// Splits CGI's reply: headers, an empty line, the body; `Status:` is the status line.
fn parse(output: &Output) -> Reply {
    let text = &output.stdout;
    let end = text.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(text.len());
    let mut reply =
        Reply { status: 200, headers: Vec::new(), body: text.get(end + 4..).unwrap_or_default().to_owned() };
    for line in String::from_utf8_lossy(&text[..end]).lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("status") {
            reply.status = value.split_whitespace().next().and_then(|code| code.parse().ok()).unwrap_or(500);
        } else {
            reply.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    if reply.headers.is_empty() && output.code != 0 {
        reply.status = 500;
        reply.body.clone_from(&output.stderr);
    }
    reply
}
