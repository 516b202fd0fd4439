//! The inputs that mean nothing where files are edited in place.

use toolkit::Check;

use super::{
    place,
    target::{TargetArgs, given},
};
use crate::{
    method::Wish,
    request::{OnProtected, Repository},
};

impl TargetArgs {
    /// Refuses by name what says where else to write, or what becomes of a commit: there is none. `auto` ends up here
    /// where there is nothing to get in with, so that who names a branch lacks a token.
    pub(super) fn refuse_in_worktree(
        &self,
        check: &mut Check<'_>,
        wish: Wish,
        repository: Option<&Repository>,
    ) {
        // What does not even parse is recorded already.
        let repository = self.repository.as_deref().filter(|_| repository.is_some());
        let places =
            [("repository", repository), ("branch", self.branch.as_deref()), ("base", self.base.as_deref())];
        let places = places.into_iter().filter(|(_, text)| given(*text)).map(|(input, _)| input);
        if wish == Wish::Auto {
            let named: Vec<String> = places.map(|input| format!("`{input}`")).collect();
            if !named.is_empty() {
                let named = named.join(" and ");
                check.problem(
                    "token",
                    &format!(
                        "is required with {named}, and `GITHUB_TOKEN` is not set either; without {named} the \
                         files of the current directory are edited, as by `method: worktree`"
                    ),
                );
            }
        } else {
            places.for_each(|input| refuse(check, input));
            let inputs = self.app.inputs().into_iter().chain([("ssh-key", self.ssh_key.as_deref())]);
            for (input, text) in inputs {
                if given(text) {
                    refuse(check, input);
                }
            }
        }
        if given(self.ssh_known_hosts.as_deref()) {
            refuse(check, "ssh-known-hosts");
        }
        if check.optional("author", self.author.as_deref(), place::author).is_some() {
            refuse(check, "author");
        }
        if check.flag("require-verified", self.require_verified.as_deref(), false) {
            refuse(check, "require-verified");
        }
        let on_protected = check.optional("on-protected", self.on_protected.as_deref(), str::parse);
        if on_protected == Some(OnProtected::PullRequest) {
            refuse(check, "on-protected");
        }
    }
}

fn refuse(check: &mut Check<'_>, input: &str) {
    check.problem(input, "means nothing in a work tree, where files are edited and nothing is committed");
}

#[cfg(test)]
mod tests {
    use super::*;
    use toolkit::{AppArgs, Env};

    fn problems(args: &TargetArgs, env: &[(&str, &str)]) -> String {
        let env = Env::from_pairs(env.iter().copied());
        let mut check = Check::new(&env);
        args.resolve(&mut check);
        check.finish(Some(())).map_or_else(
            |failure| if failure.notes.is_empty() { failure.cause } else { failure.notes.join("\n") },
            |()| String::new(),
        )
    }

    #[test]
    fn a_branch_without_a_token_is_no_file_of_this_directory() {
        let text = |text: &str| Some(text.to_owned());
        let args =
            TargetArgs { repository: text("org/manifests"), branch: text("prod"), ..TargetArgs::default() };
        insta::assert_snapshot!(problems(&args, &[]), @"input `token` is required with `repository` and `branch`, and `GITHUB_TOKEN` is not set either; without `repository` and `branch` the files of the current directory are edited, as by `method: worktree`");
        assert_eq!(problems(&args, &[("GITHUB_TOKEN", "ghp_x")]), "");
        for args in [
            TargetArgs { repository: text("org/x"), ..TargetArgs::default() },
            TargetArgs { branch: text("prod"), ..TargetArgs::default() },
            TargetArgs { base: text("main"), ..TargetArgs::default() },
        ] {
            let found = problems(&args, &[]);
            assert!(found.contains("input `token` is required with `"), "{found}");
        }
        let wrong = TargetArgs { repository: text("org"), ..TargetArgs::default() };
        insta::assert_snapshot!(problems(&wrong, &[]), @"input `repository`: `org` is not a repository: expected `owner/name`");
        assert_eq!(problems(&TargetArgs { branch: text(" "), ..TargetArgs::default() }, &[]), "");
    }

    #[test]
    fn what_means_nothing_in_a_work_tree_is_refused_by_name() {
        let text = |text: &str| Some(text.to_owned());
        let env = [("KEY", "k"), ("GITHUB_TOKEN", "ghs_x"), ("GITHUB_ACTIONS", "true")];
        let args = TargetArgs {
            method: text("worktree"),
            repository: text("org/x"),
            branch: text("prod"),
            base: text("main"),
            app: AppArgs { app_id: text("1"), app_private_key: text("env:KEY") },
            ssh_key: text("env:KEY"),
            ssh_known_hosts: text("h ssh-ed25519 x"),
            author: text("Maria <maria@example.org>"),
            require_verified: text("true"),
            on_protected: text("pull-request"),
            ..TargetArgs::default()
        };
        insta::assert_snapshot!(problems(&args, &env), @r"
        input `repository` means nothing in a work tree, where files are edited and nothing is committed
        input `branch` means nothing in a work tree, where files are edited and nothing is committed
        input `base` means nothing in a work tree, where files are edited and nothing is committed
        input `app-id` means nothing in a work tree, where files are edited and nothing is committed
        input `app-private-key` means nothing in a work tree, where files are edited and nothing is committed
        input `ssh-key` means nothing in a work tree, where files are edited and nothing is committed
        input `ssh-known-hosts` means nothing in a work tree, where files are edited and nothing is committed
        input `author` means nothing in a work tree, where files are edited and nothing is committed
        input `require-verified` means nothing in a work tree, where files are edited and nothing is committed
        input `on-protected` means nothing in a work tree, where files are edited and nothing is committed
        ");
        let wrong = TargetArgs {
            method: text("worktree"),
            author: text("maria"),
            require_verified: text("maybe"),
            on_protected: text("merge"),
            ..TargetArgs::default()
        };
        insta::assert_snapshot!(problems(&wrong, &env), @r"
        input `author`: `maria` is no author: write `Name <address>`
        input `require-verified`: `maybe` is neither `true` nor `false`
        input `on-protected`: `merge` is neither `fail` nor `pull-request`
        ");
        // What changes nothing, and the token that a workflow always passes.
        let harmless = TargetArgs {
            method: text("worktree"),
            token: text("env:GITHUB_TOKEN"),
            repository: text(""),
            require_verified: text("false"),
            on_protected: text("fail"),
            ..TargetArgs::default()
        };
        assert_eq!(problems(&harmless, &env), "");
    }
}
