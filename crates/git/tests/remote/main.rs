//! The write path, against repositories and servers that are not ours: a directory, `git http-backend` behind a web
//! server (`tests/git-server`), and OpenSSH.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a test says what it could not try")]

mod faults;
mod http;
mod mirror;
mod redirects;
mod server;
mod ssh;
mod sshd;
mod support;
mod writers;
