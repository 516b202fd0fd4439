//! Calls against the sandbox's GitHub.
#![cfg(test)]

mod app;
mod git_data;
mod issues;
mod world;
