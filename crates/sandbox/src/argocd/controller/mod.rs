//! What Argo CD's application controller and Argo Rollouts do in the background.

mod apply;
mod progress;
mod reconcile;
mod sync;

pub(super) use progress::{promote, scale_down, start as roll_out};
pub(super) use reconcile::{compare, reconcile, refresh};
pub(super) use sync::{start, start_automated};
