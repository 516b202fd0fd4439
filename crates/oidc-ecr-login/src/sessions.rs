//! Opens the sessions of a plan.

use aws::{Aws, Identity, Region, Session, codes};
use futures_util::future::try_join_all;
use model::Failure;

use crate::{
    plan::{self, Plan},
    request::Request,
};

/// Opens the session of each identity. Those of registries with roles of their own go on from one, which is opened once.
pub(crate) async fn open(aws: &Aws, plan: &Plan, request: &Request) -> Result<Vec<Session>, Failure> {
    let region = &request.region;
    let base = match &plan.base {
        Some(identity) => {
            let session = aws.sign_in(identity, region).await.map_err(|failure| told(request, failure))?;
            plan::check_account(&session.account, &request.allowed_accounts)?;
            Some((identity, session))
        }
        None => None,
    };
    let base = base.as_ref();
    let sessions =
        try_join_all(plan.identities.iter().map(|identity| one(aws, plan, identity, base, region)));
    let sessions = sessions.await.map_err(|failure| told(request, failure))?;
    for session in &sessions {
        // Once more, by AWS's own word, before anything is written: keys of the environment can belong to anyone.
        plan::check_account(&session.account, &request.allowed_accounts)?;
    }
    Ok(sessions)
}

async fn one(
    aws: &Aws,
    plan: &Plan,
    identity: &Identity,
    base: Option<&(&Identity, Session)>,
    region: &Region,
) -> Result<Session, Failure> {
    match base {
        Some((own, session)) if *own == identity => Ok(session.clone()),
        Some((_, session)) if plan.goes_on(identity) => aws.go_on(identity, session, region).await,
        _ => aws.sign_in(identity, region).await,
    }
}

/// A job that was to use its OIDC token and may not ask for one is not to be helped by a role that trusts its runner.
fn told(request: &Request, mut failure: Failure) -> Failure {
    if !request.chosen.lacks_token || failure.code != &codes::ASSUME_DENIED {
        return failure;
    }
    failure.notes.insert(
        0,
        "The job may not ask for an OIDC token, so that `auto` took the identity of its surroundings. A role that is \
         meant for the job's token does not trust that one, and should not."
            .to_owned(),
    );
    failure.with_remedy(
        "Give the job `permissions: id-token: write`; or, if its surroundings are meant, say so in `auth` and extend \
         the role's trust policy by the statement that is printed.",
    )
}
