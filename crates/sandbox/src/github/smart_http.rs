//! Git over HTTP, at `/OWNER/NAME.git/…` and, as on GitHub, without the `.git` too.

use std::{collections::BTreeMap, io::Read as _, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::State as Shared,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode, Uri, header};

use super::{
    error::ApiError,
    git::{BackendRequest, GitError, RefUpdate},
    journal::Actor,
    policy::{self, Update},
    repository::Repository,
    rest::{authorize, need, token_of},
    token::{Access, Token},
};
use crate::{World, faults::lock};

/// Git's `update` hook: the rules' texts are files, by the name of the ref.
const HOOK: &str = include_str!("update-hook.sh");

/// Answers what no API route took: Git, or nothing.
pub(crate) async fn answer(
    Shared(world): Shared<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((slug, service)) = service(uri.path()) else {
        return ApiError::not_found().into_response();
    };
    let query = uri.query().unwrap_or_default();
    let pushes = service == "git-receive-pack" || query.contains("service=git-receive-pack");
    let call = Call { method, service, query, pushes, headers: &headers, body: &body };
    match let_in(&world, &slug, &call) {
        Err(refusal) => *refusal,
        Ok((repository, token)) => {
            call.run(&world, &repository, token.as_ref()).await.unwrap_or_else(|error| {
                tracing::error!(%error, "git http-backend failed");
                plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
            })
        }
    }
}

/// Returns the repository and the service that a path of Git's means: `/OWNER/NAME[.git]/SERVICE`.
pub(super) fn service(path: &str) -> Option<(String, &str)> {
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (owner, name, service) = (parts.next()?, parts.next()?, parts.next()?);
    let known = ["info/refs", "git-upload-pack", "git-receive-pack", "HEAD"].contains(&service);
    known.then(|| (format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name)), service))
}

fn plain(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain")], text.to_owned()).into_response()
}

/// Authentication and authorization, in the words that `git` shows after `remote:`.
fn let_in(
    world: &World,
    slug: &str,
    call: &Call<'_>,
) -> Result<(Arc<Repository>, Option<Token>), Box<Response>> {
    let ask = |text: &str| {
        let mut response = plain(StatusCode::UNAUTHORIZED, text);
        let basic = header::HeaderValue::from_static("Basic realm=\"GitHub\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        Box::new(response)
    };
    let token = token_of(&world.github, call.headers).map_err(|_| ask("Invalid username or token."))?;
    let need = if call.pushes { need::WRITE_CONTENTS } else { need::READ_CONTENTS };
    match authorize(&world.github, token.as_ref(), slug, need) {
        Ok(repository) => Ok((repository, token)),
        Err(refusal) => match &token {
            None => Err(ask("No anonymous write access.")),
            Some(token) if refusal.status == 403 => {
                let text = if call.pushes {
                    format!("Permission to {slug}.git denied to {}.", token.login)
                } else {
                    "Write access to repository not granted.".to_owned()
                };
                Err(Box::new(plain(StatusCode::FORBIDDEN, &text)))
            }
            Some(_) => Err(Box::new(plain(StatusCode::NOT_FOUND, "Repository not found."))),
        },
    }
}

struct Call<'a> {
    method: Method,
    service: &'a str,
    query: &'a str,
    pushes: bool,
    headers: &'a HeaderMap,
    body: &'a Bytes,
}

impl Call<'_> {
    async fn run(
        &self,
        world: &World,
        repository: &Repository,
        token: Option<&Token>,
    ) -> Result<Response, GitError> {
        if self.service == "git-receive-pack" {
            return self.push(world, repository, token).await;
        }
        self.backend(repository, token, &[]).await
    }

    async fn backend(
        &self,
        repository: &Repository,
        token: Option<&Token>,
        variables: &[(&str, String)],
    ) -> Result<Response, GitError> {
        let text = |name: &str| {
            self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let path = format!("/{}", self.service);
        let (kind, encoding, protocol) =
            (text("content-type"), text("content-encoding"), text("git-protocol"));
        let reply = repository
            .git
            .backend(&BackendRequest {
                method: self.method.as_str(),
                path: &path,
                query: self.query,
                content_type: &kind,
                content_encoding: &encoding,
                protocol: &protocol,
                user: token.map(|token| token.login.as_str()),
                variables,
                body: self.body,
            })
            .await?;
        let mut response = Response::builder().status(reply.status);
        for (name, value) in reply.headers {
            response = response.header(name, value);
        }
        Ok(response.body(Body::from(reply.body)).unwrap_or_default())
    }

    /// A push: the rules first, then Git, then what follows from the moved refs.
    async fn push(
        &self,
        world: &World,
        repository: &Repository,
        token: Option<&Token>,
    ) -> Result<Response, GitError> {
        let Some(token) = token else { return Ok(plain(StatusCode::UNAUTHORIZED, "")) };
        let _updates = repository.updates.lock().await;
        let commands = commands(&self.plain_body());
        let refused = refusals(repository, &token.login, &commands);
        let directory = tempfile::tempdir()?;
        for (name, text) in &refused {
            std::fs::write(directory.path().join(name), text)?;
        }
        install_hook(repository)?;
        let mut variables = vec![("SANDBOX_REFUSALS", directory.path().display().to_string())];
        if token.is_app() && !token.allows("workflows", Access::Write) {
            variables.push(("SANDBOX_NO_WORKFLOWS", "1".to_owned()));
        }
        let response = self.backend(repository, Some(token), &variables).await?;
        let mut moved = Vec::new();
        for (name, old, _) in commands {
            let new = repository.git.resolve(&name).await?;
            if new != old {
                moved.push(RefUpdate { name, old, new });
            }
        }
        let actor = Actor { login: token.login.clone(), of_a_run: token.of_a_run };
        world.github.after_moves(repository, &actor, &moved).await?;
        Ok(response)
    }

    /// The body without its gzip, which `git` uses for larger requests.
    fn plain_body(&self) -> Vec<u8> {
        let zipped = self.headers.get(header::CONTENT_ENCODING).is_some_and(|value| value == "gzip");
        let mut plain = Vec::new();
        if zipped && flate2::read::GzDecoder::new(self.body.as_ref()).read_to_end(&mut plain).is_ok() {
            return plain;
        }
        self.body.to_vec()
    }
}

type Command = (String, Option<String>, Option<String>);

/// Reads the commands of a push (`gitprotocol-pack(5)`): pkt-lines `OLD NEW REF[NUL capabilities]` up to a flush.
fn commands(body: &[u8]) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut rest = body;
    while let Some(length) = rest.get(..4).and_then(|hex| std::str::from_utf8(hex).ok()) {
        let Ok(length) = usize::from_str_radix(length, 16) else { break };
        let Some(line) = rest.get(4..length) else { break };
        rest = &rest[length..];
        let line = String::from_utf8_lossy(line);
        let line = line.split('\0').next().unwrap_or_default().trim_end();
        let mut words = line.splitn(3, ' ');
        if let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) {
            let there = |sha: &str| sha.bytes().any(|byte| byte != b'0').then(|| sha.to_owned());
            commands.push((name.to_owned(), there(old), there(new)));
        }
    }
    commands
}

/// What the rules refuse of a push: texts by file name. Whether an update is a fast-forward is known only once
/// its commits have arrived, so the text for the other case is there as well, and the hook decides.
fn refusals(repository: &Repository, login: &str, commands: &[Command]) -> BTreeMap<String, String> {
    let mut refused = BTreeMap::new();
    let data = lock(&repository.data);
    for (name, _, new) in commands {
        let Some(branch) = name.strip_prefix("refs/heads/") else { continue };
        let updates = match new {
            None => vec![("", Update::Delete)],
            Some(new) => vec![("", Update::FastForward(new)), (".forced", Update::Forced(new))],
        };
        for (ending, update) in updates {
            if let Some(refusal) = policy::direct_update(&data, branch, login, update) {
                refused.insert(format!("{}{ending}", name.replace('/', "_")), refusal.push_text(name));
            }
        }
    }
    refused
}

fn install_hook(repository: &Repository) -> Result<(), GitError> {
    use std::os::unix::fs::PermissionsExt as _;
    let hooks = repository.git.directory().join("hooks");
    let path = hooks.join("update");
    if !path.exists() {
        std::fs::create_dir_all(&hooks)?;
        std::fs::write(&path, HOOK)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn the_commands_of_a_push_are_read_up_to_the_flush() {
        let (zero, one) = ("0".repeat(40), "1".repeat(40));
        let line = format!("{zero} {one} refs/heads/a\0report-status");
        let body = format!("{:04x}{line}0000PACK", line.len() + 4);
        assert_eq!(commands(body.as_bytes()), [("refs/heads/a".to_owned(), None, Some(one))]);
    }
}
