//! One stage while it is built: what each instruction does to the configuration and to the files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use model::Platform;
use serde_json::json;

use super::{
    ImageConfig, LayerFiles,
    beneath::{IsDirectory, doubtful},
    scope::{BuildArgs, arg_value},
    skeleton,
    unpack::archive,
};
use crate::{
    context::{Destination, NodeKind, Source, Tree, clean_path, place},
    dockerfile::{Copy, Error, Healthcheck, Instruction, Kind, Owner, expand},
};

/// The state of a stage.
#[derive(Debug)]
pub(super) struct StageState {
    /// The configuration so far.
    pub(super) config: ImageConfig,
    /// The files of each layer that was added.
    pub(super) layers: Vec<LayerFiles>,
    /// All files that were added.
    pub(super) files: Tree,
    from_nothing: bool,
    directories: BTreeSet<PathBuf>,
    args: BTreeMap<String, String>,
    cmd_is_set: bool,
}

impl StageState {
    /// Begins upon an image.
    pub(super) fn upon(config: ImageConfig) -> Self {
        let mut state = Self {
            config,
            layers: Vec::new(),
            files: Tree::new(),
            from_nothing: false,
            directories: BTreeSet::new(),
            args: BTreeMap::new(),
            cmd_is_set: false,
        };
        let workdir = state.config.text("WorkingDir").to_owned();
        state.knows(&workdir);
        state
    }

    /// Begins upon nothing.
    pub(super) fn upon_nothing(platform: &Platform) -> Self {
        Self { from_nothing: true, ..Self::upon(ImageConfig::scratch(platform)) }
    }

    /// Begins a stage upon this one: arguments end with their stage.
    pub(super) fn continued(mut self) -> Self {
        self.args.clear();
        self.cmd_is_set = false;
        self
    }

    /// Remembers that a path and its parents are directories.
    fn knows(&mut self, path: &str) {
        let path = clean_path(path).map(PathBuf::from).unwrap_or_default();
        self.directories.extend(path.ancestors().map(Path::to_owned));
    }

    fn expanded(&self, text: &str, escape: char, line: usize) -> Result<String, Error> {
        let lookup = |name: &str| self.config.env(name).or_else(|| self.args.get(name).cloned());
        expand(text, escape, &lookup).map_err(|message| Error::invalid(line, message))
    }

    /// Carries out an instruction that changes the configuration only.
    pub(super) fn apply(
        &mut self,
        instruction: &Instruction,
        escape: char,
        build: &BuildArgs<'_>,
        globals: &BTreeMap<String, String>,
        created: &str,
    ) -> Result<(), Error> {
        let line = instruction.line;
        match &instruction.kind {
            Kind::Arg(args) => {
                for (name, default) in args {
                    let default =
                        default.as_ref().map(|text| self.expanded(text, escape, line)).transpose()?;
                    if let Some(value) = arg_value(name, default, build, globals) {
                        self.args.insert(name.clone(), value);
                    }
                }
            }
            Kind::Env(pairs) => {
                // All pairs of one instruction see the values from before it.
                let expanded = self.pairs(pairs, escape, line)?;
                expanded.iter().for_each(|(name, value)| self.config.set_env(name, value));
            }
            Kind::Label(pairs) => {
                for (name, value) in self.pairs(pairs, escape, line)? {
                    self.config.put("Labels", &name, value);
                }
            }
            Kind::Workdir(path) => {
                let path = self.expanded(path, escape, line)?;
                let whole = if path.starts_with('/') {
                    path
                } else {
                    format!("{}/{path}", self.config.text("WorkingDir"))
                };
                let clean = clean_path(&whole)
                    .ok_or_else(|| Error::invalid(line, format!("WORKDIR `{whole}` is outside the image")))?;
                self.knows(&clean);
                self.config.set("WorkingDir", format!("/{clean}"));
            }
            Kind::User(user) => self.config.set("User", self.expanded(user, escape, line)?),
            Kind::StopSignal(signal) => self.config.set("StopSignal", self.expanded(signal, escape, line)?),
            Kind::Maintainer(author) => self.config.set_author(author),
            Kind::Expose(ports) => {
                for port in ports {
                    for port in self.expanded(port, escape, line)?.split_whitespace() {
                        for port in port_names(port, line)? {
                            self.config.put("ExposedPorts", &port, json!({}));
                        }
                    }
                }
            }
            Kind::Volume(paths) => {
                for path in paths {
                    let path = self.expanded(path, escape, line)?;
                    self.config.put("Volumes", &path, json!({}));
                }
            }
            Kind::Shell(words) => self.config.set("Shell", words.clone()),
            Kind::Cmd(command) => {
                self.config.set("Cmd", command.to_words(&self.shell()));
                self.cmd_is_set = true;
            }
            Kind::Entrypoint(command) => {
                self.config.set("Entrypoint", command.to_words(&self.shell()));
                // The base image's arguments were meant for the base image's program.
                if !self.cmd_is_set {
                    self.config.remove("Cmd");
                }
            }
            Kind::Healthcheck(check) => self.config.set("Healthcheck", healthcheck(check)),
            Kind::NeedsBuilder(reason) => return Err(Error::needs_builder(line, reason.clone())),
            Kind::Copy(_) => {}
        }
        self.config.add_history(created, &instruction.text, true);
        Ok(())
    }

    /// Carries out COPY or ADD, and returns what is new in the image. `beneath` knows the base image.
    pub(super) fn copy(
        &mut self,
        copy: &Copy,
        source: Source<'_>,
        instruction: &Instruction,
        escape: char,
        (spool, beneath): (&Path, Option<&IsDirectory<'_>>),
    ) -> Result<Tree, Error> {
        let line = instruction.line;
        let expanded = |text: &String| self.expanded(text, escape, line);
        let owner = copy.chown.as_ref().map(expanded).transpose()?;
        let owner = owner.map(|text| Owner::parse(&text, line)).transpose()?;
        let mode = copy.chmod.as_ref().map(expanded).transpose()?;
        let mode = mode.map(|text| Copy::parse_mode(&text, line)).transpose()?;
        let sources = copy.sources.iter().map(expanded).collect::<Result<Vec<_>, _>>()?;
        let is_directory = |path: &Path| {
            skeleton::is_standard(path)
                || self.directories.contains(path)
                || self.files.get(path).is_some_and(|node| node.kind == NodeKind::Directory)
        };
        let destination = Destination::resolve(
            &expanded(&copy.destination)?,
            self.config.text("WorkingDir"),
            line,
            is_directory,
        )?;
        let put = |destination: &Destination| {
            let placed = place(source, &sources, destination, owner, mode, line)?;
            match copy.keyword {
                "ADD" => unpacked(placed, destination.path(), owner, spool, line),
                _ => Ok(placed),
            }
        };
        let mut placed = put(&destination)?;
        let names: Vec<&str> = sources.iter().map(String::as_str).collect();
        if let Some(path) = doubtful(&placed, destination.path(), &names)
            && let Some(beneath) = beneath.filter(|_| !self.files.contains_key(&path))
        {
            let unknown = || {
                let text =
                    format!("whether `/{}` is a directory of the base image cannot be known", path.display());
                Error::invalid(line, text)
            };
            if beneath(&path).ok_or_else(unknown)? {
                placed = put(&destination.into_known_directory())?;
            }
        }
        for path in placed.keys() {
            self.directories.extend(path.ancestors().skip(1).map(Path::to_owned));
        }
        let whole = if self.from_nothing { skeleton::over_nothing(placed, &self.files) } else { placed };
        self.files.extend(whole.clone());
        Ok(if self.from_nothing { whole } else { skeleton::over_base(whole) })
    }

    /// Adds the layers of one instruction, or says in the history that it has none.
    pub(super) fn add_layers(&mut self, layers: Vec<LayerFiles>, instruction: &str, created: &str) {
        if layers.is_empty() {
            self.config.add_history(created, instruction, true);
        }
        for layer in layers {
            self.config.add_history(created, instruction, false);
            self.layers.push(layer);
        }
    }

    fn pairs(
        &self,
        pairs: &[(String, String)],
        escape: char,
        line: usize,
    ) -> Result<Vec<(String, String)>, Error> {
        pairs
            .iter()
            .map(|(name, value)| {
                Ok((self.expanded(name, escape, line)?, self.expanded(value, escape, line)?))
            })
            .collect()
    }

    fn shell(&self) -> Vec<String> {
        match self.config.list("Shell") {
            shell if shell.is_empty() => vec!["/bin/sh".to_owned(), "-c".to_owned()],
            shell => shell,
        }
    }
}

/// Reads `80`, `80/udp`, `8000-8002/tcp`.
fn port_names(text: &str, line: usize) -> Result<Vec<String>, Error> {
    let error =
        || Error::invalid(line, format!("`{text}` is not a port: write `80`, `53/udp` or `8000-8010`"));
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last): (u16, u16) = (first.parse().map_err(|_| error())?, last.parse().map_err(|_| error())?);
    let protocol = protocol.to_ascii_lowercase();
    if first > last || !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(error());
    }
    Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

fn healthcheck(check: &Healthcheck) -> serde_json::Value {
    use crate::dockerfile::CommandLine::{Exec, Shell};
    match check {
        Healthcheck::None => json!({"Test": ["NONE"]}),
        Healthcheck::Command { command, options } => {
            let test = match command {
                Exec(words) => std::iter::once("CMD".to_owned()).chain(words.iter().cloned()).collect(),
                Shell(text) => vec!["CMD-SHELL".to_owned(), text.clone()],
            };
            let mut value = json!({"Test": test});
            for (name, number) in options {
                value[*name] = (*number).into();
            }
            value
        }
    }
}

/// Puts the files of archives in the place of the archives, as ADD does with what it knows by its first bytes; two
/// formats are left to a builder.
fn unpacked(
    placed: Tree,
    destination: &Path,
    owner: Option<Owner>,
    spool: &Path,
    line: usize,
) -> Result<Tree, Error> {
    const OTHERS: &[&[u8]] = &[b"BZh", &[0xfd, b'7', b'z', b'X', b'Z', 0]];
    let mut tree = Tree::new();
    for (path, node) in placed {
        // Files within another archive are not unpacked again.
        let NodeKind::File { source, offset: 0, .. } = &node.kind else {
            tree.insert(path, node);
            continue;
        };
        let name = source.file_name().unwrap_or_default().display();
        let mut head = Vec::new();
        let read = File::open(source).and_then(|file| file.take(6).read_to_end(&mut head));
        read.map_err(|error| Error::missing(line, format!("`{name}` cannot be read: {error}")))?;
        if OTHERS.iter().any(|magic| head.starts_with(magic)) {
            let message =
                format!("ADD would unpack `{name}`, which needs a builder; to copy it as it is, use COPY");
            return Err(Error::needs_builder(line, message));
        }
        let found = archive(source, spool)
            .map_err(|error| Error::missing(line, format!("`{name}` cannot be unpacked: {error}")))?;
        match found {
            None => drop(tree.insert(path, node)),
            Some(files) => tree.extend(files.into_iter().map(|(path, mut node)| {
                node.owner = owner.unwrap_or(node.owner);
                (destination.join(path), node)
            })),
        }
    }
    Ok(tree)
}
