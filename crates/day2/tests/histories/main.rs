//! Random histories of a promotion: people push, label, review and merge while runs of auto-merge and fast-forward are
//! in the middle of their work, and after each single call it is judged what that call did.
//!
//! The judge ([`model`]) keeps a book of its own and knows nothing of the gate's rules but what they are for:
//! - nothing is merged by us that a permitted person has not approved, as that head and for that base, at some moment
//!   between the run's last read, of whatever, and its merge. GitHub has no call that checks a label and merges, so
//!   that what is withdrawn in just that window cannot be seen; the head is pinned by its id, and never differs. What
//!   a person may do counts as of the run's last question for it, since the last read does not tell it;
//! - no run says that it merged what is not in the base; of several runs, only those of the one that merged say so;
//! - no call of ours moves a branch back or aside, and there are never two pull requests that bring `prod` into `dev`.
//!
//! A history is a list of steps ([`steps`]) that follows from its number. One that fails is made shorter ([`shrink`])
//! and printed; `DAY2_HISTORY=NUMBER` plays it again and tells what happens.

#[cfg(test)]
mod figures;
#[cfg(test)]
mod many;
#[cfg(test)]
mod model;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod people;
#[cfg(test)]
mod play;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod shrink;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod world;
