//! Syncs an Argo CD application to one commit and proves, clause by clause, that this commit is what serves.

mod args;
mod assess;
mod clause;
mod codes;
mod course;
#[cfg(test)]
mod fixtures;
mod images;
mod patience;
mod plan;
mod pods;
mod request;
mod sse;
mod wire;
