//! Reading: refs, commits, trees, blobs.

use super::{
    Git, GitError, as_text, check,
    loose::{self, Ref, is_id},
};

/// Author or committer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    /// `2026-01-31T09:05:00Z`.
    pub(crate) date: String,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) sha: String,
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) author: Person,
    pub(crate) committer: Person,
    pub(crate) message: String,
}

/// One line of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// Octal, such as `100644`.
    pub(crate) mode: String,
    /// `blob`, `tree` or `commit`.
    pub(crate) kind: String,
    pub(crate) oid: String,
    /// Bytes, for blobs.
    pub(crate) size: Option<u64>,
    pub(crate) path: String,
}

/// Fields end with 0x1f, commits with 0x1e: neither occurs in a message that somebody wrote.
const FORMAT: &str = "--format=%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%ad%x1f%cn%x1f%ce%x1f%cd%x1f%B%x1e";
const DATES: &str = "--date=format-local:%Y-%m-%dT%H:%M:%SZ";

impl Git {
    /// Resolves a full ref name or an object id; a name that is not there is `None`.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Option<String>, GitError> {
        if name.is_empty() || name.starts_with('-') {
            return Ok(None);
        }
        if is_id(name) && self.peek(name).is_some() {
            return Ok(Some(name.to_owned()));
        }
        match loose::read_ref(self.directory(), name) {
            Ref::At(id) if self.peek(&id).is_some() => return Ok(Some(id)),
            Ref::Missing => return Ok(None),
            Ref::At(_) | Ref::Unclear => {}
        }
        let output = self.run(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]).await?;
        Ok((output.code == 0).then(|| as_text(&output.stdout)))
    }

    /// Resolves what the API takes for a commit: a branch, a tag, `heads/…`, `refs/…`, or an id.
    pub(crate) async fn commit_ish(&self, name: &str) -> Result<Option<String>, GitError> {
        // No branch can have such a name on GitHub.
        if name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return self.resolve(name).await;
        }
        for full in [format!("refs/heads/{name}"), format!("refs/tags/{name}"), format!("refs/{name}")] {
            if let Some(sha) = self.resolve(&full).await? {
                return Ok(Some(sha));
            }
        }
        let plain = name.starts_with("refs/")
            || (name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if plain { self.resolve(name).await } else { Ok(None) }
    }

    /// Returns the commit that a branch points to.
    pub(crate) async fn branch(&self, name: &str) -> Result<Option<String>, GitError> {
        self.resolve(&format!("refs/heads/{name}")).await
    }

    /// Returns the refs under `prefix` with what they point to, by name.
    pub(crate) async fn refs(&self, prefix: &str) -> Result<Vec<(String, String)>, GitError> {
        let text = self.text(&["for-each-ref", "--format=%(objectname) %(refname)", prefix]).await?;
        Ok(text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(sha, name)| (name.into(), sha.into()))
            .collect())
    }

    /// Reads commits, by the arguments of `git log`.
    pub(crate) async fn log(&self, arguments: &[&str]) -> Result<Vec<Commit>, GitError> {
        if let Some(known) = self.log_at_hand(arguments) {
            return Ok(known);
        }
        let mut all = vec!["log", FORMAT, DATES];
        all.extend_from_slice(arguments);
        let is_fixed = |word: &&str| word.starts_with("--") || word.split("..").all(is_id);
        let output = if arguments.iter().all(is_fixed) {
            self.once(&all, &all).await?
        } else {
            self.run(&all).await?
        };
        let text = check(&all, output)?;
        Ok(String::from_utf8_lossy(&text).split('\u{1e}').filter_map(parse_commit).collect())
    }

    /// The same without a process, where the order is not in question.
    fn log_at_hand(&self, arguments: &[&str]) -> Option<Vec<Commit>> {
        if let ["--no-walk=unsorted", ids @ ..] = arguments {
            // A commit that is asked for twice is shown once.
            let mut once: Vec<&str> = Vec::new();
            ids.iter().for_each(|id| {
                if !once.contains(id) {
                    once.push(id);
                }
            });
            return once.into_iter().map(|id| Some(self.peek(id)?.as_ref().clone())).collect();
        }
        let (range, options) = arguments.split_last()?;
        let (from, to) = range.split_once("..")?;
        let known = ["--reverse", "--no-merges", "--topo-order"];
        if !is_id(from) || !is_id(to) || options.iter().any(|option| !known.contains(option)) {
            return None;
        }
        let mut commits: Vec<Commit> =
            self.chain(from, to)?.into_iter().map(|commit| commit.as_ref().clone()).collect();
        if options.contains(&"--no-merges") {
            commits.retain(|commit| commit.parents.len() < 2);
        }
        if options.contains(&"--reverse") {
            commits.reverse();
        }
        Some(commits)
    }

    /// Reads one commit by its id or ref name; a name that is not there is `None`.
    pub(crate) async fn commit(&self, name: &str) -> Result<Option<Commit>, GitError> {
        if name.is_empty() || name.starts_with('-') {
            return Ok(None);
        }
        if let Some(known) = self.peek(name) {
            return Ok(Some(known.as_ref().clone()));
        }
        let output = self.run(&["log", FORMAT, DATES, "-1", name, "--"]).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let found = if output.code == 0 { text.split('\u{1e}').find_map(parse_commit) } else { None };
        Ok(found.map(|commit| self.remember(commit).as_ref().clone()))
    }

    /// Is `ancestor` reachable from `descendant`? A commit is its own ancestor.
    pub(crate) async fn is_ancestor(&self, ancestor: &str, descendant: &str) -> Result<bool, GitError> {
        if ancestor == descendant {
            return Ok(true);
        }
        if let Some(known) = self.reaches(descendant, ancestor) {
            return Ok(known);
        }
        Ok(self.run(&["merge-base", "--is-ancestor", ancestor, descendant]).await?.code == 0)
    }

    /// Returns the best common ancestor.
    pub(crate) async fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        if let Some(known) = self.meet(one, other) {
            return Ok(known);
        }
        let output = self.run(&["merge-base", one, other]).await?;
        Ok((output.code == 0).then(|| as_text(&output.stdout)))
    }

    /// Counts the commits of `head` that `base` has not, and the other way round.
    pub(crate) async fn ahead_behind(&self, base: &str, head: &str) -> Result<(u64, u64), GitError> {
        if let Some(known) = self.apart(base, head) {
            return Ok(known);
        }
        let text = self.text(&["rev-list", "--left-right", "--count", &format!("{base}...{head}")]).await?;
        let mut counts = text.split_whitespace().map(|count| count.parse().unwrap_or(0));
        let behind = counts.next().unwrap_or(0);
        Ok((counts.next().unwrap_or(0), behind))
    }

    /// Reads the entry at `path` of a commit or tree.
    pub(crate) async fn entry(&self, rev: &str, path: &str) -> Result<Option<TreeEntry>, GitError> {
        Ok(self.entries(rev, &[path]).await?.pop())
    }

    /// Reads the entries at these paths; one that is not there is left out.
    pub(crate) async fn entries(&self, rev: &str, paths: &[&str]) -> Result<Vec<TreeEntry>, GitError> {
        let mut arguments = vec!["--literal-pathspecs", "ls-tree", "-z", "--long", "--full-tree", rev, "--"];
        arguments.extend(paths.iter().map(|path| path.trim_matches('/')));
        Ok(parse_tree(&self.bytes(&arguments).await?))
    }

    /// Reads a tree, with everything below it if `recursive`.
    pub(crate) async fn tree(&self, rev: &str, recursive: bool) -> Result<Vec<TreeEntry>, GitError> {
        let mut arguments = vec!["ls-tree", "-z", "--long", "--full-tree"];
        if recursive {
            arguments.extend(["-r", "-t"]);
        }
        arguments.push(rev);
        Ok(parse_tree(&self.bytes(&arguments).await?))
    }

    /// Reads a blob by its id, or by `REV:PATH`.
    pub(crate) async fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, GitError> {
        let output = self.run(&["cat-file", "blob", name]).await?;
        Ok((output.code == 0).then_some(output.stdout))
    }
}

fn parse_commit(text: &str) -> Option<Commit> {
    let mut fields = text.trim_start_matches('\n').split('\u{1f}').map(str::to_owned);
    let sha = fields.next().filter(|sha| !sha.is_empty())?;
    let tree = fields.next()?;
    let parents = fields.next()?.split_whitespace().map(str::to_owned).collect();
    let mut person = || Some(Person { name: fields.next()?, email: fields.next()?, date: fields.next()? });
    let (author, committer) = (person()?, person()?);
    let message = fields.next()?.trim_end_matches('\n').to_owned();
    Some(Commit { sha, tree, parents, author, committer, message })
}

fn parse_tree(bytes: &[u8]) -> Vec<TreeEntry> {
    let text = String::from_utf8_lossy(bytes);
    let parse = |line: &str| {
        let (meta, path) = line.split_once('\t')?;
        let mut parts = meta.split_whitespace().map(str::to_owned);
        Some(TreeEntry {
            mode: parts.next()?,
            kind: parts.next()?,
            oid: parts.next()?,
            size: parts.next()?.parse().ok(),
            path: path.to_owned(),
        })
    };
    text.split('\0').filter_map(parse).collect()
}
