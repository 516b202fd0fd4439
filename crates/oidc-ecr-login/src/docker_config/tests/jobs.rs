//! Several jobs with the same user's file, each with credentials of its own.

use super::*;

impl World {
    /// Signs in as a job, with a credential that only this login has.
    fn sign_in(&mut self, job: &str, host: &str, auth: &str) {
        self.be(job);
        let logins = [(host.to_owned(), Secret::new(auth))];
        self.place().write(Mode::Merge, &logins, &[recipe(host)], deadline()).unwrap();
    }

    fn be(&mut self, job: &str) {
        self.env.retain(|(name, _)| *name != "GITHUB_RUN_ID");
        self.env.push(("GITHUB_RUN_ID", job.to_owned()));
    }

    fn sign_out(&mut self, job: &str) -> LoggedOut {
        self.be(job);
        self.log_out()
    }

    fn record(&self) -> PathBuf {
        self.user().join(record::FILE)
    }
}

fn auths(path: &Path) -> Value {
    let config: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    config["auths"].clone()
}

#[test]
fn a_logout_leaves_a_credential_that_another_job_needs() {
    for last in ["1", "2"] {
        let mut world = World::with(&json!({ "credHelpers": { "r.example": "ecr-login" } }));
        let config = world.user().join(FILE);
        world.sign_in("1", "r.example", "MQ==");
        world.sign_in("1", "own.example", "MQ==");
        world.sign_in("2", "r.example", "Mg==");
        let first = if last == "1" { "2" } else { "1" };
        assert_eq!(world.sign_out(first).kept, ["r.example"]);
        assert_eq!(auths(&config)["r.example"], json!({ "auth": "Mg==" }));
        assert_eq!(auths(&config).get("own.example").is_some(), last == "1");
        assert!(world.sign_out(last).hosts.contains(&"r.example".to_owned()));
        assert_eq!(
            json_of(&world.user()),
            json!({ "auths": {}, "credHelpers": { "r.example": "ecr-login" } })
        );
        assert_eq!(world.sign_out(last), LoggedOut::default());
    }
}

#[test]
fn a_job_that_never_signed_out_keeps_nothing_for_ever() {
    let mut world = World::new();
    world.sign_in("1", "r.example", "MQ==");
    world.sign_in("2", "r.example", "Mg==");
    let mut record: Value = serde_json::from_slice(&fs::read(world.record()).unwrap()).unwrap();
    let written = record["registries"][0]["written"].as_u64().unwrap();
    record["registries"][0]["written"] = json!(written - 12 * 60 * 60);
    fs::write(world.record(), record.to_string()).unwrap();
    assert_eq!(world.sign_out("2").hosts, ["r.example"]);
    assert_eq!(auths(&world.user().join(FILE)), json!({}));
    assert_eq!(world.sign_out("1"), LoggedOut::default());
}

#[test]
fn what_somebody_has_written_over_a_login_stays() {
    let mut world = World::new();
    let config = world.user().join(FILE);
    world.sign_in("1", "r.example", "MQ==");
    fs::write(&config, r#"{"auths":{"r.example":{"auth":"dGhlaXJz"}}}"#).unwrap();
    assert_eq!(world.sign_out("1"), LoggedOut::default());
    assert_eq!(auths(&config), json!({ "r.example": { "auth": "dGhlaXJz" } }));
}

#[test]
fn two_files_in_one_directory_are_signed_out_of_alike() {
    let mut world = World::with(&json!({ "credHelpers": { "r.example": "ecr-login" } }));
    let podman = world.user().join("auth.json");
    world.env.push(("REGISTRY_AUTH_FILE", podman.display().to_string()));
    world.sign_in("1", "r.example", "MQ==");
    assert_eq!(auths(&podman), json!({ "r.example": { "auth": "MQ==" } }));
    assert_eq!(world.sign_out("1").hosts, ["r.example"]);
    assert_eq!(json_of(&world.user()), json!({ "auths": {}, "credHelpers": { "r.example": "ecr-login" } }));
    assert_eq!(fs::read_to_string(&podman).unwrap().replace(char::is_whitespace, ""), r#"{"auths":{}}"#);
}

#[test]
fn each_job_signs_in_again_as_itself() {
    let mut world = World::new();
    world.sign_in("1", "r.example", "MQ==");
    world.sign_in("2", "r.example", "Mg==");
    let read = aws::Recipe::read(&world.user()).unwrap().unwrap();
    for (job, is_known) in [("1", true), ("2", true), ("3", false), ("", false)] {
        assert_eq!(read.entry("r.example", job).is_some(), is_known, "{job}");
    }
}
