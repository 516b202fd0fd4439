//! What of the success holds, judged from one state of the application: pure, so that every case is a table row.

use std::{collections::BTreeSet, fmt::Write};

use model::{CommitSha, Failure};

use crate::{
    assessed::{End, is_assessed},
    baseline::Baseline,
    clause::{Clause, Holds},
    codes,
    course::{self, Course, Relation, course, relation, replaced},
    health::{healthy, old_pods_gone},
    images,
    ours::{Known, Ours, Standing},
    paused,
    pods::Pods,
    request::{Request, WaitFor},
    resources,
    trouble::trouble,
    wire::{Application, OperationState, ResourceStatus},
};

/// What was seen before this state of the application.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// The mark of our operation.
    pub(crate) mark: String,
    /// What was found out about revisions.
    pub(crate) known: Known,
    /// Our operation's end, once it was seen: a later operation takes its place in the status.
    pub(crate) ended: Option<Box<OperationState>>,
    /// The newest end, ours or a later one, after which the controller was made to assess the application.
    pub(crate) refreshed: Option<End>,
    /// The pods, if they were looked at after that end.
    pub(crate) pods: Option<Pods>,
    /// How the application was before.
    pub(crate) baseline: Baseline,
}

/// The judgement.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// Each required clause, in order.
    pub(crate) clauses: Vec<(Clause, Holds)>,
    /// What makes success impossible.
    pub(crate) failure: Option<Failure>,
    /// Why what was deployed looks bad, which may pass; what was bad before counts only once nothing else is waited for.
    pub(crate) degraded: Option<String>,
    /// What was bad before, and was not changed.
    pub(crate) bad_before: Vec<String>,
    /// Whether nothing but that is left.
    pub(crate) is_rest_well: bool,
    /// The end of the followed operation.
    pub(crate) ended: Option<Box<OperationState>>,
    /// Whether an operation that we follow has begun.
    pub(crate) began: bool,
    /// Whether the new pods are ready, where that is known.
    pub(crate) ready: Option<bool>,
    /// Whether the pods are needed to prove that no old one is left.
    pub(crate) pods_decide: bool,
    /// Whether live pods run another image of an expected one's repository, mostly old ones.
    pub(crate) images_left: bool,
    /// The followed operation was not ours and is gone: plan again.
    pub(crate) lost: Option<String>,
    /// Why the operation may never be cleared.
    pub(crate) stuck: Option<&'static str>,
    /// Revisions of which nobody has asked yet how they lie to ours: until that is known, this is no judgement.
    pub(crate) strangers: BTreeSet<String>,
    /// The later revision that was synced instead of ours, or over it.
    pub(crate) later: Option<String>,
}

impl Verdict {
    /// Whether everything that is required holds.
    pub(crate) fn is_success(&self) -> bool {
        self.failure.is_none() && self.clauses.iter().all(|(_, holds)| holds.is_yes())
    }

    /// Whether a later revision counts for ours although nothing has proven that it deploys ours: it may be a revert.
    pub(crate) fn has_unchecked_later(&self) -> Option<&str> {
        self.later.as_deref().filter(|_| !self.requires(Clause::ImagesLive))
    }

    /// Whether a clause is a part of the success.
    pub(crate) fn requires(&self, clause: Clause) -> bool {
        self.clauses.iter().any(|(known, _)| *known == clause)
    }

    /// Whether a clause holds, or is not required.
    pub(crate) fn holds(&self, clause: Clause) -> bool {
        self.clauses.iter().all(|(known, holds)| *known != clause || holds.is_yes())
    }

    /// Whether everything holds that comes before `clause`.
    pub(crate) fn holds_before(&self, clause: Clause) -> bool {
        self.clauses.iter().take_while(|(known, _)| *known < clause).all(|(_, holds)| holds.is_yes())
    }

    /// Whether everything but one clause holds.
    pub(crate) fn holds_but(&self, clause: Clause) -> bool {
        self.clauses.iter().all(|(known, holds)| *known == clause || holds.is_yes())
    }

    /// Returns why the first clause that does not hold does not.
    pub(crate) fn waits_for(&self) -> Option<&str> {
        self.clauses.iter().find_map(|(_, holds)| match holds {
            Holds::Yes => None,
            Holds::No(reason) => Some(reason.as_str()),
        })
    }

    /// Returns each clause that does not hold, with its reason.
    pub(crate) fn unmet(&self) -> Vec<String> {
        self.clauses
            .iter()
            .filter_map(|(clause, holds)| match holds {
                Holds::Yes => None,
                Holds::No(reason) => Some(format!("{}: {reason}", clause.title())),
            })
            .collect()
    }
}

/// Judges a state of the application.
pub(crate) fn assess(app: &Application, request: &Request, progress: &Progress) -> Verdict {
    let mut verdict = Verdict {
        clauses: Vec::new(),
        failure: deleted(app),
        degraded: None,
        bad_before: Vec::new(),
        is_rest_well: false,
        ended: progress.ended.clone(),
        began: app.status.operation_state.is_some(),
        ready: progress.pods.as_ref().and_then(|pods| pods.are_ready(&request.images)),
        pods_decide: false,
        images_left: false,
        lost: None,
        stuck: course::stuck(app),
        strangers: BTreeSet::new(),
        later: None,
    };
    let ours = Ours::of(app, request, &progress.mark, &progress.known);
    let operation = match verdict.ended {
        Some(_) => later_operation(app, &ours, &mut verdict),
        None => followed_operation(app, &ours, &mut verdict),
    };
    let has_ended = verdict.ended.is_some();
    let reassessed = is_assessed(app, verdict.ended.as_deref(), progress.refreshed.as_ref());
    if reassessed && request.wait_for >= WaitFor::Synced && operation.is_yes() {
        verdict.failure = verdict
            .failure
            .or_else(|| comparison_error(app, &ours))
            .or_else(|| prune_needed(app, &ours))
            .or_else(|| {
                let ended = verdict.ended.as_deref();
                (!request.resources.name_any(&app.status.resources, ended))
                    .then(|| resources::none_named(&request.application.to_string(), &app.status.resources))
            });
    }
    if reassessed && request.wait_for >= WaitFor::Healthy {
        verdict.failure = verdict.failure.or_else(|| paused::failure(app, request, progress));
    }
    // What was not assessed anew tells of the time before our operation.
    let fresh = |holds: Holds| {
        if reassessed {
            holds
        } else {
            Holds::No("the controller has not assessed the application since the operation".to_owned())
        }
    };
    for clause in Clause::ALL.into_iter().filter(|clause| clause.is_required(request)) {
        let holds = match clause {
            Clause::Operation => operation.clone(),
            Clause::Revision => revision(&verdict, &ours),
            Clause::Reassessed => fresh(Holds::Yes),
            Clause::Synced => fresh(synced(app, &ours)),
            Clause::Healthy => fresh(healthy(app, request, progress)),
            Clause::ImagesLive => images_live(app, request),
            Clause::OldPodsGone => fresh(old_pods_gone(app, request, progress)),
        };
        verdict.clauses.push((clause, holds));
    }
    if has_ended && request.wait_for >= WaitFor::Healthy {
        let trouble = trouble(app, progress);
        verdict.is_rest_well = trouble.is_rest_well && verdict.holds_but(Clause::Healthy);
        let counts = !trouble.new.is_empty() || verdict.is_rest_well && !trouble.old.is_empty();
        verdict.degraded = counts.then(|| [trouble.new, trouble.old.clone()].concat().join("; "));
        verdict.bad_before = trouble.old;
    }
    verdict.pods_decide =
        request.wait_for == WaitFor::OldPodsGone && verdict.holds_before(Clause::OldPodsGone);
    verdict.images_left = !images::leftovers(&request.images, &app.status.summary.images).is_empty();
    note_strangers(app, &ours, reassessed, &mut verdict);
    verdict
}

fn deleted(app: &Application) -> Option<Failure> {
    let since = app.metadata.deletion_timestamp.as_ref()?;
    Some(Failure::new(&codes::APPLICATION_DELETED, format!("the application is being deleted since {since}")))
}

/// The operation clause until the end of the operation was seen.
fn followed_operation(app: &Application, ours: &Ours<'_>, verdict: &mut Verdict) -> Holds {
    match course(app, ours) {
        Course::Going(text) => Holds::No(text),
        Course::Succeeded(state) => {
            verdict.ended = Some(state);
            Holds::Yes
        }
        Course::Failed(failure) => {
            let reason = failure.cause.clone();
            verdict.failure.get_or_insert(failure);
            Holds::No(reason)
        }
        Course::Lost(text) => {
            verdict.lost = Some(text.clone());
            Holds::No(text)
        }
    }
}

/// The operation clause after that: a later operation must not have put another revision over ours, unless that
/// contains ours.
fn later_operation(app: &Application, ours: &Ours<'_>, verdict: &mut Verdict) -> Holds {
    let Some(state) = &app.status.operation_state else {
        return Holds::when(app.operation.is_none(), || "another operation is about to start".to_owned());
    };
    let is_other = match relation(&state.operation, state.synced(), ours) {
        Relation::Ours | Relation::Equivalent => false,
        // Self-healing syncs single resources, at the same revision.
        Relation::Unknown | Relation::Foreign => {
            matches!(ours.standing(ours.at(state.synced())), Standing::Other | Standing::Missing)
        }
    };
    if is_other && let Some(text) = course::put_back(app, state, ours) {
        return Holds::No(text);
    }
    let has_put_other = is_other && state.phase == "Succeeded";
    if state.has_ended() && (has_put_other || state.operation.sync.is_local()) {
        verdict.failure.get_or_insert_with(|| replaced(state, ours));
    }
    let is_running = app.operation.is_some() || !state.has_ended();
    Holds::when(!is_running, || format!("an operation of {} runs", state.operation.initiator()))
}

/// Notes which revisions are not known, and which one is later than ours.
fn note_strangers(app: &Application, ours: &Ours<'_>, reassessed: bool, verdict: &mut Verdict) {
    let state = app.status.operation_state.as_ref();
    let operation = state.map(|state| course::revision(&state.operation, state.synced(), ours));
    let synced = state.map(|state| ours.at(state.synced()));
    // Before the new assessment the comparison is of the time before the operation.
    let compared =
        (reassessed && app.status.sync.status != "Synced").then(|| ours.at(app.status.sync.revisions()));
    for revision in [operation, synced, compared].into_iter().flatten() {
        // A comparison that fails may show the branch's name.
        if ours.standing(revision) == Standing::Unasked && revision.parse::<CommitSha>().is_ok() {
            verdict.strangers.insert(revision.to_owned());
        }
    }
    let ended = verdict.ended.as_ref().map(|ended| ours.at(ended.synced()));
    let later = synced.into_iter().chain(ended).find(|revision| ours.standing(revision) == Standing::After);
    verdict.later = later.map(str::to_owned);
}

fn revision(verdict: &Verdict, ours: &Ours<'_>) -> Holds {
    let synced = verdict.ended.as_ref().map(|state| ours.at(state.synced()));
    Holds::when(synced.is_some_and(|synced| ours.reaches(synced)), || {
        "the operation has not ended".to_owned()
    })
}

/// All of our revision was applied by its operation: that somebody has pushed on top since, which nothing has synced
/// yet, takes nothing away from that.
fn synced(app: &Application, ours: &Ours<'_>) -> Holds {
    let sync = &app.status.sync;
    let compared = ours.at(sync.revisions());
    // An operation on top that failed may have applied a part of it.
    let is_whole = app.status.operation_state.as_ref().is_none_or(|state| state.phase == "Succeeded");
    let is_on_top = is_whole && sync.status == "OutOfSync" && ours.standing(compared) == Standing::After;
    let resources = &ours.request.resources;
    let is_part_synced =
        !resources.are_all() && resources.of(&app.status.resources).all(|one| one.status == "Synced");
    Holds::when(sync.status == "Synced" || is_on_top || is_part_synced, || {
        // Writing to a String cannot fail.
        let mut reason = format!("sync status is {}", or_unknown(&sync.status));
        if !compared.is_empty() && compared != ours.revision() {
            let _ = write!(reason, " in comparison with {compared}{}", ours.describe(compared));
        }
        let out: Vec<String> = out_of_sync(app, ours.request)
            .map(|resource| format!("{} {}", resource.kind, resource.name))
            .collect();
        if !out.is_empty() {
            let _ = write!(reason, " ({})", out.join(", "));
        }
        reason
    })
}

fn out_of_sync<'a>(app: &'a Application, request: &Request) -> impl Iterator<Item = &'a ResourceStatus> {
    request.resources.of(&app.status.resources).filter(|resource| resource.status == "OutOfSync")
}

/// Nothing but resources that wait to be pruned is out of sync: without `prune` that will not change.
fn prune_needed(app: &Application, ours: &Ours<'_>) -> Option<Failure> {
    let left: Vec<_> = out_of_sync(app, ours.request).collect();
    let is_needed = !ours.request.prune
        && app.status.sync.status == "OutOfSync"
        && ours.standing(ours.at(app.status.sync.revisions())) == Standing::Ours
        && !left.is_empty()
        && left.iter().all(|resource| resource.requires_pruning);
    is_needed.then(|| {
        let mut failure =
            Failure::new(&codes::PRUNE_REQUIRED, format!("{} resources require pruning", left.len()));
        failure.notes =
            left.iter().map(|left| format!("{} {}/{}", left.kind, left.namespace, left.name)).collect();
        failure
    })
}

/// An operation that has ended rendered ours: what cannot be compared after it may be a later head of the branch.
fn comparison_error(app: &Application, ours: &Ours<'_>) -> Option<Failure> {
    let condition = app
        .status
        .conditions
        .iter()
        .find(|condition| matches!(condition.kind.as_str(), "ComparisonError" | "InvalidSpecError"))?;
    let cause = format!("{}: {}", condition.kind, condition.message);
    let compared = ours.at(app.status.sync.revisions());
    if condition.kind == "InvalidSpecError" || compared == ours.revision() {
        return Some(Failure::new(&codes::COMPARISON_ERROR, cause));
    }
    // It is the branch's name if the comparison got no further (controller/state.go `CompareAppState`).
    let head = if compared.is_empty() { "the branch's head" } else { compared };
    let cause = format!(
        "our revision was rendered and synced, but {head}, with which Argo CD compares now, cannot be compared: {cause}"
    );
    Some(Failure::new(&codes::COMPARISON_ERROR, cause).with_remedy(
        "See whether somebody has pushed on top of our revision: it is then that commit which is to be corrected.",
    ))
}

fn or_unknown(status: &str) -> &str {
    if status.is_empty() { "Unknown" } else { status }
}

fn images_live(app: &Application, request: &Request) -> Holds {
    let live = &app.status.summary.images;
    let missing = images::missing(&request.images, live);
    Holds::when(missing.is_empty(), || {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        if live.is_empty() {
            return format!(
                "there is no pod at all to run {}: its workload may have 0 replicas",
                missing.join(", ")
            );
        }
        format!("no pod runs {}; live: {}", missing.join(", "), live.join(", "))
    })
}

#[cfg(test)]
mod tests;
