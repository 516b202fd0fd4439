//! Who we are to a registry, and where it is.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use model::Secret;
use url::{Host, Url};

use super::keychain::Credential;

/// Returns a registry's base URL: plain HTTP for this machine, as Docker and crane do, HTTPS for all else.
pub(super) fn base_url(registry: &str) -> Result<Url, url::ParseError> {
    let host = match registry {
        "docker.io" => "registry-1.docker.io",
        other => other,
    };
    let url = Url::parse(&format!("https://{host}/"))?;
    if is_loopback(&url) { Url::parse(&format!("http://{host}/")) } else { Ok(url) }
}

/// Whether a URL is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a redirect from `from` may be followed to `to`: never into a network that is closer than the registry's own,
/// and never to link-local addresses, where clouds have their metadata service, so that a registry cannot make us read
/// from the runner's neighbours (google/go-containerregistry `pkg/v1/remote` has such a guard).
pub(super) fn may_follow(from: &Url, to: &Url) -> bool {
    if from.host() == to.host() && from.scheme() == to.scheme() {
        return true;
    }
    let is_safe = to.scheme() == "https" || is_loopback(to);
    is_safe && reach(to) != Reach::Link && reach(to) >= reach(from)
}

/// From where an address can be reached, from near to far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Machine,
    Link,
    Private,
    World,
}

/// A name counts as reachable by the world: it is looked up when it is connected to.
fn reach(url: &Url) -> Reach {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => address.to_canonical(),
        _ if is_loopback(url) => return Reach::Machine,
        _ => return Reach::World,
    };
    let (is_machine, is_link, is_private) = match address {
        IpAddr::V4(address) => {
            (address.is_loopback() || address.is_unspecified(), address.is_link_local(), address.is_private())
        }
        IpAddr::V6(address) => (
            address.is_loopback() || address.is_unspecified(),
            address.is_unicast_link_local(),
            address.is_unique_local(),
        ),
    };
    match (is_machine, is_link, is_private) {
        (true, ..) => Reach::Machine,
        (_, true, _) => Reach::Link,
        (.., true) => Reach::Private,
        _ => Reach::World,
    }
}

/// Whether two URLs have the same scheme, host and port, so that credentials may go along.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// Returns the value of `Authorization` for Basic.
pub(super) fn basic(credential: &Credential) -> Secret {
    let pair = format!("{}:{}", credential.user, credential.password.expose());
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}

/// Takes what was sent as `Authorization`, and the credential behind it, out of a reply: some servers repeat it.
pub(super) fn without_secrets(body: &[u8], sent: Option<&Secret>, credential: Option<&Credential>) -> String {
    let basic = credential.map(basic);
    let values = [sent, basic.as_ref()].into_iter().flatten().map(Secret::expose);
    // Without its scheme, which is no secret.
    let values = values.filter_map(|value| value.split_once(' ').map(|(_, value)| value));
    let password = credential.map(|credential| credential.password.expose());
    let text = String::from_utf8_lossy(body).into_owned();
    values
        .chain(password)
        .filter(|secret| !secret.is_empty())
        .fold(text, |text, secret| text.replace(secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_plain() {
        for (registry, expected) in [
            ("127.0.0.1:5000", "http://127.0.0.1:5000/"),
            ("localhost:5000", "http://localhost:5000/"),
            ("[::1]:5000", "http://[::1]:5000/"),
            ("10.0.0.1:5000", "https://10.0.0.1:5000/"),
            ("docker.io", "https://registry-1.docker.io/"),
            ("1.dkr.ecr.eu-central-1.amazonaws.com", "https://1.dkr.ecr.eu-central-1.amazonaws.com/"),
        ] {
            assert_eq!(base_url(registry).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn redirects_stay_out_of_private_networks() {
        for (from, to, expected) in [
            ("https://a.example/", "https://s3.example/x", true),
            ("https://a.example/", "http://s3.example/x", false),
            ("https://a.example/", "http://169.254.169.254/x", false),
            ("https://a.example/", "https://10.0.0.1/x", false),
            ("https://10.0.0.2/", "https://10.0.0.1/x", true),
            ("https://a.example/", "http://localhost/x", false),
            ("https://10.0.0.2/", "https://127.0.0.1/x", false),
            ("https://10.0.0.2/", "https://169.254.169.254/x", false),
            ("http://127.0.0.1:1/", "https://169.254.169.254/x", false),
            ("https://a.example/", "https://[::ffff:10.0.0.1]/x", false),
            ("http://127.0.0.1:1/", "http://localhost:2/x", true),
        ] {
            assert_eq!(may_follow(&from.parse().unwrap(), &to.parse().unwrap()), expected, "{from} {to}");
        }
    }

    #[test]
    fn a_server_that_repeats_what_it_was_sent_is_not_quoted_with_it() {
        let credential = Credential { user: "AWS".into(), password: Secret::new("hunter2") };
        let token = Secret::new("Bearer t0ken");
        let body = format!("AWS:hunter2 by {} and Bearer t0ken", basic(&credential).expose());
        let shown = without_secrets(body.as_bytes(), Some(&token), Some(&credential));
        assert_eq!(shown, "AWS:*** by Basic *** and Bearer ***");
        let nobody = Credential { user: String::new(), password: Secret::new("") };
        assert_eq!(without_secrets(b"as it is", None, Some(&nobody)), "as it is");
    }
}
