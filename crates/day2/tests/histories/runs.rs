//! Runs of the actions, in this process, as steps of workflows.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use sandbox::github::{Run as Started, RunSpec};
use serde_json::Value;
use tokio::task::JoinHandle;
use toolkit::{Env, Host};

use crate::play::Play;

const PERMISSIONS: &[(&str, &str)] = &[
    ("contents", "write"),
    ("pull-requests", "write"),
    ("issues", "write"),
    ("checks", "read"),
    ("statuses", "read"),
    ("metadata", "read"),
];

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub outputs: BTreeMap<String, String>,
    pub log: String,
}

impl Ended {
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

/// What a run is for.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    /// Merge this pull request if its gate holds.
    Merge(u64),
    /// Bring `dev` to this commit.
    Forward(String),
}

/// A run of a workflow; its attempts are one run.
pub(crate) struct Run {
    pub started: Started,
    pub job: Job,
    handle: Option<JoinHandle<Ended>>,
    /// When it asked last what somebody may do.
    pub last_access: u64,
    /// When it read anything last.
    pub last_read: u64,
    /// Whether a merge took effect by a call of the present attempt.
    pub has_merged: bool,
    /// The present attempt, if it has ended.
    pub ended: Option<Ended>,
}

impl Run {
    /// Whether it is under way.
    pub(crate) fn is_active(&self) -> bool {
        self.handle.is_some()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.handle.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Play<'_> {
    /// Starts a run for an event that has none yet; the newest event is number 0.
    pub(crate) fn start_newest(&mut self, choice: u8) {
        let count = self.waiting.len();
        if count == 0 {
            return;
        }
        let event = self.waiting.remove(count - 1 - usize::from(choice) % count);
        let (name, payload) = self.events[event].clone();
        let number = payload["pull_request"]["number"].as_u64().unwrap_or_default();
        if !self.books.iter().any(|book| book.number == number) {
            return;
        }
        let action = payload["action"].as_str().unwrap_or_default().to_owned();
        let started = self.begin(&name, payload);
        let place = self.runs.len();
        self.say(|| format!("run {place} starts for `{action}` of #{number}"));
        self.add(started, Job::Merge(number));
    }

    pub(crate) fn start_forward(&mut self, choice: u8) {
        let count = self.landed.len();
        if count == 0 {
            return;
        }
        let place = if choice < 180 { count - 1 } else { usize::from(choice) % count };
        let to = self.landed[place].clone();
        let started = self.begin("push", Value::Null);
        let place = self.runs.len();
        self.say(|| format!("run {place} starts to bring `dev` to {}", &to[..7]));
        self.add(started, Job::Forward(to));
    }

    fn begin(&self, event_name: &str, event: Value) -> Started {
        self.home.github().start_run(RunSpec {
            repository: self.slug.clone(),
            event_name: event_name.to_owned(),
            event,
            ref_: "refs/heads/dev".to_owned(),
            actor: "alice".to_owned(),
            permissions: PERMISSIONS.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            ..RunSpec::default()
        })
    }

    fn add(&mut self, started: Started, job: Job) {
        self.by_token.insert(started.token.clone(), self.runs.len());
        let handle = Some(self.spawn(&started, &job));
        let [last_access, last_read] = [self.tick; 2];
        self.runs.push(Run { started, job, handle, last_access, last_read, has_merged: false, ended: None });
    }

    /// Starts a run again that has ended.
    pub(crate) fn start_again(&mut self, choice: u8) {
        let over: Vec<usize> = (0..self.runs.len()).filter(|&place| !self.runs[place].is_active()).collect();
        if over.is_empty() {
            return;
        }
        let place = over[usize::from(choice) % over.len()];
        let handle = self.spawn(&self.runs[place].started, &self.runs[place].job);
        let tick = self.tick;
        let run = &mut self.runs[place];
        (run.handle, run.has_merged, run.ended) = (Some(handle), false, None);
        (run.last_access, run.last_read) = (tick, tick);
        self.say(|| format!("run {place} starts again"));
    }

    pub(crate) fn cancel(&mut self, choice: u8) {
        let active: Vec<usize> = (0..self.runs.len()).filter(|&place| self.runs[place].is_active()).collect();
        if active.is_empty() {
            return;
        }
        let place = active[usize::from(choice) % active.len()];
        if let Some(handle) = self.runs[place].handle.take() {
            handle.abort();
            self.say(|| format!("run {place} is cancelled"));
        }
    }

    fn spawn(&self, started: &Started, job: &Job) -> JoinHandle<Ended> {
        let mut env = self.home.sandbox.env();
        env.extend(started.env());
        // Outputs then come on standard output, one per line.
        env.remove("GITHUB_ACTIONS");
        env.insert("GITHUB_TOKEN".to_owned(), started.token.clone());
        if !started.spec.event.is_null() {
            let path = self.home.events.path().join(format!("{}.json", started.id));
            std::fs::write(&path, started.spec.event.to_string()).unwrap();
            env.insert("GITHUB_EVENT_PATH".to_owned(), path.to_string_lossy().into_owned());
        }
        let (matches, job) = (self.matches.clone(), job.clone());
        tokio::task::spawn_local(async move {
            let (out, err) = (Buffer::default(), Buffer::default());
            let host = Host::with_streams(Env::from_pairs(env), Box::new(out.clone()), Box::new(err.clone()));
            let result = match job {
                Job::Merge(_) => auto_merge::run(&matches, &host).await,
                Job::Forward(to) => {
                    let command = (fast_forward::spec().command)();
                    let words = ["fast-forward", "--branch=dev", "--timeout=1h", &format!("--to={to}")];
                    fast_forward::run(&command.get_matches_from(words), &host).await
                }
            };
            let outputs = out.text();
            let lines = outputs.lines().filter_map(|line| line.split_once('='));
            let outputs = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            Ended { outputs, log: format!("{}{:?}", err.text(), result.err()) }
        })
    }

    /// Takes the results of runs that have come to their end.
    pub(crate) async fn collect(&mut self) -> Result<(), String> {
        for place in 0..self.runs.len() {
            let run = &mut self.runs[place];
            let Some(handle) = run.handle.take_if(|handle| handle.is_finished()) else { continue };
            let ended = handle.await.map_err(|error| format!("run {place} broke off: {error}"))?;
            run.ended = Some(ended.clone());
            let result = ended.output("result").to_owned();
            self.say(|| format!("run {place} ends: {result} {}", ended.log.trim().replace('\n', " | ")));
            if matches!(self.runs[place].job, Job::Merge(_)) {
                self.figures.runs += 1;
                *self.figures.results.entry(result).or_default() += 1;
                for reason in ended.output("reason").split(',').filter(|reason| !reason.is_empty()) {
                    *self.figures.reasons.entry(reason.to_owned()).or_default() += 1;
                }
            } else {
                self.figures.forwards += 1;
                *self.figures.forward_results.entry(result).or_default() += 1;
            }
            self.judge_report(place, &ended).await?;
        }
        Ok(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.handle.iter().for_each(JoinHandle::abort);
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
