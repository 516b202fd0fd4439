//! The action against a sandbox GitHub: real commits, real merges, the tokens of runs.

#[cfg(test)]
mod ladder;
#[cfg(test)]
mod world;
