//! Calls against the sandbox's GitHub.
#![cfg(test)]

mod app;
mod checks;
mod connection;
mod git_data;
mod issues;
mod merging;
mod world;
