//! Passes of a sync, by themselves.
