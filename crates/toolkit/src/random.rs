//! Random values: delimiters, nonces and jitter.

/// Returns 32 hexadecimal digits from the system's source of randomness.
pub fn nonce() -> String {
    random().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a number in `0..=most`.
pub(crate) fn up_to(most: u64) -> u64 {
    let number = random().iter().take(8).fold(0, |number, &byte| (number << 8) | u64::from(byte));
    most.checked_add(1).map_or(number, |range| number % range)
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // No source of randomness: time and process differ at least between two runs.
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_nanos());
        bytes = (nanos ^ (u128::from(std::process::id()) << 96)).to_le_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_differ() {
        assert_eq!(nonce().len(), 32);
        assert_ne!(nonce(), nonce());
    }

    #[test]
    fn jitter_stays_in_its_range() {
        assert!((0..100).all(|_| up_to(3) <= 3));
        assert_eq!(up_to(0), 0);
    }
}
