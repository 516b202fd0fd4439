//! Which way to write is taken, and why.

/// A way to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// GitHub's GraphQL: one call, a signed commit, ordinary files only.
    Graphql,
    /// GitHub's Git database: file modes, new branches.
    GitData,
    /// Git itself, over HTTPS or SSH, to any host.
    Git,
    /// The files in the current directory, without a commit.
    Worktree,
}

impl Method {
    /// Its name, as the input `method` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::GitData => "git-data",
            Self::Git => "git",
            Self::Worktree => "worktree",
        }
    }
}

/// The input `method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Wish {
    /// The action chooses.
    #[default]
    Auto,
    /// This one and no other.
    Only(Method),
}

impl std::str::FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        [Method::Graphql, Method::GitData, Method::Git, Method::Worktree]
            .into_iter()
            .find(|method| method.name() == text)
            .map(Self::Only)
            .ok_or_else(|| {
                format!("`{text}` is no method: use `auto`, `graphql`, `git-data`, `git` or `worktree`")
            })
    }
}

/// What `auto` looks at before anything is read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Signs {
    /// `repository` is on another host than the run.
    pub(crate) is_elsewhere: bool,
    /// `repository` is reached by SSH, or there is an SSH key.
    pub(crate) is_ssh: bool,
    /// There is a GitHub App's key.
    pub(crate) has_app: bool,
    /// It is a workflow's step.
    pub(crate) in_workflow: bool,
    /// There is a token.
    pub(crate) has_token: bool,
}

/// Chooses, and says why: a phrase that follows the method's name.
pub(crate) fn choose(wish: Wish, signs: Signs) -> (Method, &'static str) {
    match wish {
        Wish::Only(method) => (method, "as `method` says"),
        Wish::Auto if signs.is_elsewhere => (Method::Git, "chosen because the repository is on another host"),
        Wish::Auto if signs.is_ssh => (Method::Git, "chosen because the repository is reached by SSH"),
        Wish::Auto if signs.has_app => (Method::Graphql, "chosen because there is a GitHub App's key"),
        Wish::Auto if signs.in_workflow => (Method::Graphql, "chosen because this is a workflow"),
        Wish::Auto if signs.has_token => (Method::Graphql, "chosen because there is a token"),
        Wish::Auto => (Method::Worktree, "chosen because this is no workflow and there is no token"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_host_comes_before_everything_and_nothing_is_a_work_tree() {
        let all =
            Signs { is_elsewhere: true, is_ssh: true, has_app: true, in_workflow: true, has_token: true };
        let chosen = |signs| choose(Wish::Auto, signs).0;
        assert_eq!(chosen(all), Method::Git);
        assert_eq!(chosen(Signs { is_elsewhere: false, ..all }), Method::Git);
        assert_eq!(chosen(Signs { is_elsewhere: false, is_ssh: false, ..all }), Method::Graphql);
        assert_eq!(chosen(Signs { in_workflow: true, ..Signs::default() }), Method::Graphql);
        assert_eq!(chosen(Signs { has_token: true, ..Signs::default() }), Method::Graphql);
        assert_eq!(chosen(Signs::default()), Method::Worktree);
        for method in [Method::Graphql, Method::GitData, Method::Git, Method::Worktree] {
            let wish = method.name().parse().unwrap();
            assert_eq!(choose(wish, all), (method, "as `method` says"));
        }
    }
}
