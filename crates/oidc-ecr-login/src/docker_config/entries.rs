//! What is changed in a Docker configuration, without any file.
//!
//! Which source Docker asks for a host (docker/cli, `cli/config/configfile/file.go`, `getConfiguredCredentialStore`): the
//! helper that `credHelpers` names for it, an empty one standing for the file itself; else `credsStore` if there is one;
//! else the entry in `auths`. podman, buildah and skopeo (containers/image, `pkg/docker/config/config.go`) know
//! `credHelpers` and `auths`, in this order, but neither `credsStore` nor empty helpers.

use std::collections::BTreeMap;

use model::Secret;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// The whole content of a `config.json`.
pub(super) type Config = Map<String, Value>;

const AUTHS: &str = "auths";
const HELPERS: &str = "credHelpers";
const STORE: &str = "credsStore";

/// Reads a file's content. An empty one is an empty configuration, as for Docker.
pub(super) fn parse(bytes: &[u8]) -> Result<Config, String> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Config::new());
    }
    let config: Config = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    for name in [AUTHS, HELPERS] {
        if config.get(name).is_some_and(|value| !value.is_object() && !value.is_null()) {
            return Err(format!("`{name}` is not an object"));
        }
    }
    Ok(config)
}

/// Puts credentials in, so that Docker takes them. Returns the helpers that it would have asked instead and that are
/// not in the configuration any more, by host.
pub(super) fn put(config: &mut Config, logins: &[(String, Secret)]) -> BTreeMap<String, String> {
    let has_store = store(config).is_some();
    let mut evicted = BTreeMap::new();
    for (host, auth) in logins {
        set(config, AUTHS, host, json!({ "auth": auth.expose() }));
        if let Some(Value::String(helper)) = unset(config, HELPERS, host).filter(|helper| helper != "") {
            evicted.insert(host.clone(), helper);
        }
        if has_store {
            set(config, HELPERS, host, json!(""));
        }
    }
    evicted
}

/// Takes a credential out if it is still the one that `fingerprint` was made of, and puts back the helper that it
/// displaced. Returns whether anything was taken out.
pub(super) fn take_out(config: &mut Config, host: &str, fingerprint: &str, evicted: Option<&str>) -> bool {
    if auth_of(config, host).map(self::fingerprint).as_deref() != Some(fingerprint) {
        return false;
    }
    unset(config, AUTHS, host);
    let helper =
        config.get(HELPERS).and_then(|all| all.get(host)).and_then(Value::as_str).unwrap_or_default();
    if helper.is_empty() {
        unset(config, HELPERS, host);
        if let Some(evicted) = evicted {
            set(config, HELPERS, host, json!(evicted));
        }
    }
    true
}

/// The user's configuration as one that needs no store for all hosts, and with what podman's files have besides, the
/// first one first.
pub(super) fn taken_over(user: Config, podman: &[Config]) -> Config {
    let mut config = user;
    if let Some(store) = config.shift_remove(STORE).as_ref().and_then(Value::as_str) {
        // Docker notes every host whose credential it gave to the store, by an entry without one.
        let noted: Vec<String> =
            keys(&config, AUTHS).into_iter().filter(|host| auth_of(&config, host).is_none()).collect();
        let has_helper = keys(&config, HELPERS);
        for host in noted.iter().filter(|host| !store.is_empty() && !has_helper.contains(host)) {
            set(&mut config, HELPERS, host, json!(store));
        }
    }
    for podman in podman {
        let known: Vec<String> = [keys(&config, AUTHS), keys(&config, HELPERS)].concat();
        for name in [AUTHS, HELPERS] {
            for (host, value) in podman.get(name).and_then(Value::as_object).into_iter().flatten() {
                if !known.contains(host) {
                    set(&mut config, name, host, value.clone());
                }
            }
        }
    }
    // Only Docker reads an empty helper as the file.
    if let Some(helpers) = config.get_mut(HELPERS).and_then(Value::as_object_mut) {
        helpers.retain(|_, helper| helper != "");
    }
    config
}

/// Takes out whatever may be asked for `host` instead of its entry: helpers, and entries of its repositories.
pub(super) fn forget(config: &mut Config, host: &str) {
    for name in [AUTHS, HELPERS] {
        if let Some(all) = config.get_mut(name).and_then(Value::as_object_mut) {
            all.retain(|key, _| host_of(key) != host);
        }
    }
}

/// The name of the store for all hosts, if there is one.
pub(super) fn store(config: &Config) -> Option<&str> {
    config.get(STORE).and_then(Value::as_str).filter(|store| !store.is_empty())
}

/// What tells a credential from another one without giving it away: it is too long to be guessed.
pub(super) fn fingerprint(auth: &str) -> String {
    Sha256::digest(auth).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same of a whole configuration, whatever the order of its fields and without empty ones.
pub(super) fn fingerprint_of(config: &Config) -> String {
    let sorted: BTreeMap<&String, &Value> = config
        .iter()
        .filter(|(_, value)| value.as_object().is_none_or(|fields| !fields.is_empty()))
        .collect();
    fingerprint(&json!(sorted).to_string())
}

fn auth_of<'a>(config: &'a Config, host: &str) -> Option<&'a str> {
    let entry = config.get(AUTHS)?.get(host)?;
    ["auth", "identitytoken"]
        .into_iter()
        .find_map(|name| entry.get(name)?.as_str())
        .filter(|auth| !auth.is_empty())
}

/// `https://HOST/v1/` and podman's `HOST/NAMESPACE` are of HOST too.
fn host_of(key: &str) -> &str {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    key.split('/').next().unwrap_or_default()
}

fn keys(config: &Config, name: &str) -> Vec<String> {
    config.get(name).and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned().collect()
}

/// Sets a field of the object `name`; one that is missing, or null, is made.
fn set(config: &mut Config, name: &str, host: &str, value: Value) {
    let all = config.entry(name).or_insert_with(|| json!({}));
    if !all.is_object() {
        *all = json!({});
    }
    all[host] = value;
}

fn unset(config: &mut Config, name: &str, host: &str) -> Option<Value> {
    config.get_mut(name)?.as_object_mut()?.shift_remove(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "r.example";

    fn config(value: &Value) -> Config {
        parse(value.to_string().as_bytes()).unwrap()
    }

    fn login() -> Vec<(String, Secret)> {
        vec![(HOST.to_owned(), Secret::new("QVdTOnA="))]
    }

    /// The source that Docker's own code asks for a host.
    fn docker_asks(config: &Config, host: &str) -> String {
        let helper = config.get(HELPERS).and_then(|all| all.get(host)).and_then(Value::as_str);
        match helper.or(store(config)).unwrap_or_default() {
            "" => auth_of(config, host).unwrap_or("nothing").to_owned(),
            helper => format!("helper {helper}"),
        }
    }

    #[test]
    fn docker_takes_ours_and_asks_for_others_what_it_asked_before() {
        for existing in [
            json!({}),
            json!({ "auths": null }),
            json!({ "credsStore": "pass", "auths": { HOST: {}, "other": {} } }),
            json!({ "credHelpers": { HOST: "ecr-login", "other": "gcr" } }),
            json!({ "credsStore": "pass", "credHelpers": { HOST: "ecr-login" } }),
            json!({ "auths": { "other": { "auth": "b3RoZXI=" } } }),
        ] {
            let mut merged = config(&existing);
            let other = docker_asks(&merged, "other");
            put(&mut merged, &login());
            assert_eq!(docker_asks(&merged, HOST), "QVdTOnA=", "{existing}");
            assert_eq!(docker_asks(&merged, "other"), other, "{existing}");
            // A directory of its own: the same, and no empty helper, which podman cannot read.
            let mut isolated = taken_over(config(&existing), &[]);
            forget(&mut isolated, HOST);
            put(&mut isolated, &login());
            assert_eq!(docker_asks(&isolated, HOST), "QVdTOnA=", "{existing}");
            assert!(!json!(isolated).to_string().contains(r#":"""#), "{existing}");
            if existing["auths"].get("other").is_some() || existing["credHelpers"].get("other").is_some() {
                assert_eq!(docker_asks(&isolated, "other"), other, "{existing}");
            }
        }
    }

    #[test]
    fn taking_out_is_the_reverse_of_putting_in() {
        for existing in [
            json!({ "auths": { "other": { "auth": "eA==" } }, "credHelpers": { "z": "1", HOST: "ecr-login" } }),
            json!({ "credsStore": "pass", "HttpHeaders": { "X": "y" } }),
        ] {
            let before = config(&existing);
            let mut after = before.clone();
            let evicted = put(&mut after, &login());
            let fingerprint = fingerprint("QVdTOnA=");
            assert!(take_out(&mut after, HOST, &fingerprint, evicted.get(HOST).map(String::as_str)));
            assert_eq!(fingerprint_of(&after), fingerprint_of(&before));
            assert!(!take_out(&mut after, HOST, &fingerprint, None), "nothing is left to take out");
        }
    }

    #[test]
    fn what_somebody_else_wrote_stays() {
        let mut theirs = config(&json!({ "auths": { HOST: { "auth": "dGhlaXJz" } } }));
        assert!(!take_out(&mut theirs, HOST, &fingerprint("QVdTOnA="), Some("ecr-login")));
        assert_eq!(json!(theirs), json!({ "auths": { HOST: { "auth": "dGhlaXJz" } } }));
    }

    #[test]
    fn podmans_logins_are_added_and_every_key_of_ours_is_forgotten() {
        let user = config(
            &json!({ "auths": { "a": { "auth": "MQ==" }, "https://r.example/v1/": { "auth": "Mg==" } } }),
        );
        let podman = config(&json!({
            "auths": { "a": { "auth": "Mw==" }, "r.example/team": { "auth": "NA==" }, "r.example.org": {} },
            "credHelpers": { "b": "gcr", "a": "gcr" },
        }));
        let mut config = taken_over(user, &[podman]);
        forget(&mut config, HOST);
        let expected = json!({
            "auths": { "a": { "auth": "MQ==" }, "r.example.org": {} },
            "credHelpers": { "b": "gcr" },
        });
        assert_eq!(json!(config), expected);
    }

    #[test]
    fn what_docker_could_not_read_is_refused() {
        for text in ["{", "[]", r#"{"auths":[]}"#, r#"{"credHelpers":"x"}"#] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(parse(b" \n").unwrap(), Config::new());
    }
}
