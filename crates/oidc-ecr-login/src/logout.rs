//! The mode `logout`.

use std::time::Duration;

use model::{Deadline, Failure};
use toolkit::Host;

use crate::{docker_config::Place, report};

/// Takes out what earlier logins of this job have written.
pub(crate) fn run(budget: Duration, dry_run: bool, host: &Host) -> Result<(), Failure> {
    if dry_run {
        host.info("would take out the registry credentials that earlier logins of this job have written");
        return Ok(());
    }
    let done = Place::from_env(host.env()).log_out(Deadline::after(budget))?;
    for (name, value) in &done.variables {
        host.export_env(name, value)?;
    }
    host.publish(&report::logged_out(&done))
}
