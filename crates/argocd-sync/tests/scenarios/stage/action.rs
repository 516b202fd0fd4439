//! A run of the action, and what it did.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use model::Failure;
use toolkit::{Env, Host};

/// A run to come.
pub(crate) struct Action {
    pub(super) inputs: BTreeMap<String, String>,
    pub(super) env: BTreeMap<String, String>,
}

impl Action {
    /// Sets an input.
    pub(crate) fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes an input away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.inputs.remove(name);
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs.
    pub(crate) async fn run(self) -> Run {
        let token = self.env.get("ARGOCD").cloned().unwrap_or_default();
        let (out, log) = (Stream::default(), Stream::default());
        let host =
            Host::with_streams(Env::from_pairs(self.env), Box::new(out.clone()), Box::new(log.clone()));
        let arguments = self.inputs.iter().map(|(name, value)| format!("--{name}={value}"));
        let argv = std::iter::once("argocd-sync".to_owned()).chain(arguments);
        let matches = (argocd_sync::spec().command)().try_get_matches_from(argv).unwrap();
        let result = argocd_sync::run(&matches, &host).await;
        Run { token, result, out: out.text(), log: log.text() }
    }
}

/// What a run did.
#[derive(Debug)]
pub(crate) struct Run {
    /// What it signed in with.
    pub(crate) token: String,
    pub(crate) result: Result<(), Failure>,
    pub(crate) out: String,
    pub(crate) log: String,
}

impl Run {
    /// Everything that was written.
    pub(crate) fn written(&self) -> String {
        format!("{}\n{}\n{:?}", self.out, self.log, self.result)
    }

    /// The failure; there must be one.
    #[track_caller]
    pub(crate) fn failure(&self) -> &Failure {
        self.result.as_ref().expect_err(&self.log)
    }

    /// The failure's code.
    #[track_caller]
    pub(crate) fn code(&self) -> &'static str {
        self.failure().code.id
    }

    /// There must be no failure.
    #[track_caller]
    pub(crate) fn succeeded(&self) {
        if let Err(failure) = &self.result {
            panic!("{failure}\n{}\n{}", failure.notes.join("\n"), self.log);
        }
    }

    /// An output of one line.
    pub(crate) fn output(&self, name: &str) -> Option<&str> {
        self.out.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}

/// A stream that can be read afterwards.
#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Stream {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
