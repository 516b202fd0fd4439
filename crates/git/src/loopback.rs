//! Which hosts are this machine.

/// Whether `host` is this machine, so that plain HTTP to it is not overheard.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machine() {
        assert!(["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]"].into_iter().all(is_loopback));
        assert!(
            !["localhost.example", "127.0.0.1.nip.example", "10.0.0.1", "[::2]", ""]
                .into_iter()
                .any(is_loopback)
        );
    }
}
