//! A repository through the git binary
