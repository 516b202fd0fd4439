//! Moments as GitHub writes them, `2026-01-31T09:05:00Z`: of one shape, so that their texts sort as they do.

/// Whether `one` is earlier than `other`; no if either is of another shape, since nothing is proven then.
pub(crate) fn is_before(one: &str, other: &str) -> bool {
    is_plain(one) && is_plain(other) && one < other
}

/// Whether `one` is later than `other`, or may be, since either is of another shape.
pub(crate) fn is_after(one: &str, other: &str) -> bool {
    !is_plain(one) || !is_plain(other) || one > other
}

fn is_plain(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";
    text.len() == SHAPE.len()
        && text.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *shape,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_moments_of_one_shape_prove_an_order() {
        let (early, late) = ("2026-01-31T09:05:00Z", "2026-01-31T09:05:01Z");
        assert!(is_before(early, late) && !is_before(late, early) && !is_before(early, early));
        assert!(is_after(late, early) && !is_after(early, late) && !is_after(early, early));
        for odd in ["", "2026-01-31T09:05:00+02:00", "2026-01-31T09:05:00.5Z"] {
            assert!(!is_before(odd, late) && !is_before(early, odd), "{odd}");
            assert!(is_after(odd, late) && is_after(early, odd), "{odd}");
        }
    }
}
