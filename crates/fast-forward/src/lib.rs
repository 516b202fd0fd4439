//! Fast-forwards a branch to a commit
