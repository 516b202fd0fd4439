//! Signing in as an App, and every way in which GitHub refuses one.

use std::fmt::Write as _;

use github::{app, refs, snapshot};
use model::{Failure, RepoSlug, Secret};
use sandbox::{
    faults::{Effect, Fault},
    github::AppKey,
};

use crate::world::{FILE, Place, REPO, deadline, main_branch, repository};

const WRITE: &[(&str, &str)] = &[("contents", "write")];

async fn sign_in(
    place: &Place,
    id: &str,
    pem: &str,
    repository: &str,
    permissions: &[(&str, &str)],
) -> Result<app::InstallationToken, Failure> {
    let repository: RepoSlug = repository.parse().unwrap();
    let endpoints = place.endpoints();
    app::installation_token(&endpoints, id, &Secret::new(pem), &repository, permissions, deadline()).await
}

/// An App `deploy` that may write the contents of the one repository.
async fn installed() -> (Place, AppKey, u64) {
    let place = Place::new().await;
    place.state().create_repository("org/other", &[("a", b"a")], &["main"]).await.unwrap();
    let key = place.state().create_app("deploy").unwrap();
    let permissions = &[("contents", "write"), ("pull-requests", "read")];
    let id = place.state().install_app(key.id, "org", &[REPO], permissions);
    (place, key, id)
}

#[tokio::test]
async fn the_token_is_for_the_repository_and_the_permissions_alone() {
    let (place, key, _) = installed().await;
    for id in [key.id.to_string(), key.client_id.clone()] {
        let minted = sign_in(&place, &id, &key.pem.replace('\n', "\\n"), REPO, WRITE).await.unwrap();
        assert_eq!(minted.app_slug, "deploy");
        assert!(minted.expires_at.ends_with('Z'), "{}", minted.expires_at);
        let github = place.with(&minted.token);
        let paths = [FILE.to_owned()];
        let read = snapshot::read(&github, &repository(), &main_branch(), &paths, 1).await.unwrap();
        assert_eq!(read.files[0].as_ref().unwrap().bytes, b"tag: old\n");
        assert_eq!(read.tree.len(), 40);
        let other = refs::get(&github, &"org/other".parse().unwrap(), &main_branch()).await.unwrap();
        assert_eq!(other, None, "it does not reach another repository");
        app::revoke(&github).await.unwrap();
        let error = refs::get(&github, &repository(), &main_branch()).await.unwrap_err();
        assert_eq!(error.status(), Some(401));
    }
}

#[tokio::test]
async fn a_session_says_what_it_may_and_ends() {
    let (place, key, _) = installed().await;
    let pem = Secret::new(key.pem.clone());
    let endpoints = place.endpoints();
    let session =
        app::sign_in(&endpoints, &key.client_id, &pem, &repository(), WRITE, deadline()).await.unwrap();
    let notice = session.notice();
    let start = "Signed in as GitHub App deploy on org/manifests, with contents: write, until ";
    assert!(notice.starts_with(start) && !notice.contains(session.token.expose()), "{notice}");
    let github = place.with(&session.token);
    assert!(refs::get(&github, &repository(), &main_branch()).await.unwrap().is_some());
    assert_eq!(session.revoke().await, None);
    assert_eq!(refs::get(&github, &repository(), &main_branch()).await.unwrap_err().status(), Some(401));
}

#[tokio::test]
async fn a_session_that_is_over_already_says_why_it_cannot_end() {
    let (place, key, _) = installed().await;
    let pem = Secret::new(key.pem.clone());
    let endpoints = place.endpoints();
    let session =
        app::sign_in(&endpoints, &key.client_id, &pem, &repository(), WRITE, deadline()).await.unwrap();
    app::revoke(&place.with(&session.token)).await.unwrap();
    let reason = session.revoke().await.unwrap();
    assert!(reason.contains("Bad credentials"), "{reason}");
}

#[tokio::test]
async fn each_refusal_has_its_code_and_says_what_to_do() {
    let (place, key, id) = installed().await;
    let other = place.state().create_app("other").unwrap();
    let own = key.id.to_string();
    let mut shown = String::new();
    let mut note = |result: Result<app::InstallationToken, Failure>| {
        let failure = result.unwrap_err();
        assert!(failure.notes.iter().all(|note| !note.contains("PRIVATE")));
        writeln!(shown, "{failure}\n  {}", failure.remedy).unwrap();
    };
    note(sign_in(&place, "4711", &key.pem, REPO, WRITE).await);
    note(sign_in(&place, &own, &other.pem, REPO, WRITE).await);
    note(sign_in(&place, &own, &key.pem, "org/other", WRITE).await);
    note(sign_in(&place, &own, &key.pem, REPO, &[("contents", "write"), ("pull-requests", "write")]).await);
    place.state().set_clock_ahead(-300);
    note(sign_in(&place, &own, &key.pem, REPO, WRITE).await);
    place.state().set_clock_ahead(900);
    note(sign_in(&place, &own, &key.pem, REPO, WRITE).await);
    place.state().set_clock_ahead(0);
    place.state().suspend_installation(id, true);
    note(sign_in(&place, &own, &key.pem, REPO, WRITE).await);
    let shown = shown.replace(&own, "ID");
    insta::assert_snapshot!(shown, @r"
    cannot sign in as GitHub App 4711 on org/manifests: GitHub answered 404: Integration not found (app-rejected)
      Check that `app-id` and `app-private-key` are of the same App, and that the key was not deleted.
    cannot sign in as GitHub App ID on org/manifests: GitHub answered 401: A JSON web token could not be decoded (app-rejected)
      Check that `app-id` and `app-private-key` are of the same App, and that the key was not deleted.
    cannot sign in as GitHub App ID on org/other: GitHub answered 404: Not Found (app-not-installed)
      Check that there is a repository org/other, and install the App on it (the App's settings page, *Install App*).
    cannot sign in as GitHub App ID on org/manifests: GitHub answered 422: The permissions requested are not granted to this installation. (app-permission-missing)
      Give the App `pull-requests: write` (its settings page, *Permissions & events*), and let an owner accept the new permissions for the installation.
    cannot sign in as GitHub App ID on org/manifests: GitHub answered 401: 'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued (app-clock-skew)
      Set the runner's clock (NTP): it may be a minute ahead of GitHub's and some minutes behind it.
    cannot sign in as GitHub App ID on org/manifests: GitHub answered 401: 'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires (app-clock-skew)
      Set the runner's clock (NTP): it may be a minute ahead of GitHub's and some minutes behind it.
    cannot sign in as GitHub App ID on org/manifests: its installation is suspended (app-suspended)
      An owner of the account can unsuspend the App in its list of installed GitHub Apps.
    ");
}

#[tokio::test]
async fn a_lost_reply_does_not_end_it() {
    let (place, key, _) = installed().await;
    let faults = &place.sandbox.world().faults;
    faults.add(Fault::once("github", "GET", "/installation", Effect::Drop));
    faults.add(Fault::once("github", "POST", "/access_tokens", Effect::DropAfter));
    faults.add(Fault::once("github", "POST", "/access_tokens", Effect::ReplyAfter { status: 502 }));
    let minted = sign_in(&place, &key.client_id, &key.pem, REPO, WRITE).await.unwrap();
    assert!(refs::get(&place.with(&minted.token), &repository(), &main_branch()).await.unwrap().is_some());
}
