//! What Argo CD's application controller and Argo Rollouts do in the background.

mod automated;
mod finish;
mod jobs;
mod progress;
mod reconcile;
mod sync;

use automated::start_automated;
pub(super) use progress::{promote, scale_down, start as roll_out};
use reconcile::look_again;
pub(super) use reconcile::{Target, compare, reconcile, refresh, take};
pub(super) use sync::start;
