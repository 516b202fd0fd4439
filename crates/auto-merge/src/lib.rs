//! Merges a pull request when its gate holds
