//! The inputs of a GitHub App.

use model::Secret;

use crate::Check;

/// `--app-id` and `--app-private-key`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AppArgs {
    /// Id or client id of a GitHub App to act as, installed on the repository; its token is made for this run, for this one repository, and revoked at the end
    #[arg(long, value_name = "ID")]
    pub app_id: Option<String>,

    /// Private key of that GitHub App, a PEM file's content
    #[arg(long, value_name = "env:NAME")]
    pub app_private_key: Option<String>,
}

/// A GitHub App to act as.
#[derive(Debug, Clone)]
pub struct AppCredentials {
    /// Its number or its client id.
    pub id: String,
    /// Its private key, as PEM.
    pub key: Secret,
}

impl AppArgs {
    /// Whether one of the two says anything.
    pub fn is_given(&self) -> bool {
        self.inputs().into_iter().any(|(_, text)| given(text))
    }

    /// The inputs, each with what it says.
    pub fn inputs(&self) -> [(&'static str, Option<&str>); 2] {
        [("app-id", self.app_id.as_deref()), ("app-private-key", self.app_private_key.as_deref())]
    }

    /// Both inputs, or none of them.
    pub fn resolve(&self, check: &mut Check<'_>) -> Option<AppCredentials> {
        let [(_, id), (_, key)] = self.inputs();
        match (given(id), given(key)) {
            (true, false) => check.problem("app-private-key", "is required with `app-id`"),
            (false, true) => check.problem("app-id", "is required with `app-private-key`"),
            _ => {}
        }
        let key = check.secret("app-private-key", key, &[]);
        let id = check.optional("app-id", id, |text| Ok::<_, String>(text.to_owned()));
        id.zip(key).map(|(id, key)| AppCredentials { id, key })
    }
}

fn given(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Env;

    fn problems(id: Option<&str>, key: Option<&str>) -> Vec<String> {
        let env = Env::from_pairs([("KEY", "pem")]);
        let mut check = Check::new(&env);
        let args = AppArgs { app_id: id.map(str::to_owned), app_private_key: key.map(str::to_owned) };
        let app = args.resolve(&mut check);
        assert_eq!(app.is_some(), args.is_given() && check.is_clean());
        match check.finish(Some(())) {
            Ok(()) => Vec::new(),
            Err(failure) if failure.notes.is_empty() => vec![failure.cause],
            Err(failure) => failure.notes,
        }
    }

    #[test]
    fn an_app_needs_both_of_its_inputs() {
        for nothing in [None, Some(""), Some(" ")] {
            assert!(problems(nothing, None).is_empty(), "{nothing:?}");
        }
        assert!(problems(Some("1234"), Some("env:KEY")).is_empty());
        assert_eq!(problems(Some("1234"), None), ["input `app-private-key` is required with `app-id`"]);
        assert_eq!(problems(None, Some("env:KEY")), ["input `app-id` is required with `app-private-key`"]);
    }

    #[test]
    fn the_key_is_no_literal() {
        let [problem] = &problems(Some("1"), Some("-----BEGIN hunter2"))[..] else { panic!() };
        assert!(problem.contains("takes no secret on the command line") && !problem.contains("hunter2"));
    }
}
