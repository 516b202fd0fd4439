//! Which plain keys are one key for a reader that resolves them.

use granit_parser::ScalarStyle;

use crate::{
    lookup::resolve,
    tree::{Kind, NodeId, Tree},
};

/// What a YAML 1.1 reader (<https://yaml.org/type/>) makes of a plain key that is no string to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Typed {
    Null,
    Bool(bool),
    /// Also `1.0`, which is equal to `1` for most readers.
    Integer(i128),
    /// The bits of any other number.
    Float(u64),
}

/// Returns what the key `id` is if it is no string.
pub(crate) fn typed_key(tree: &Tree<'_>, id: NodeId) -> Option<Typed> {
    let node = &tree.nodes[resolve(tree, id)];
    match &node.kind {
        Kind::Scalar { value, style: ScalarStyle::Plain } if node.tag.is_none() => typed(value),
        _ => None,
    }
}

/// Returns what the plain scalar `text` is if it is no string. Words are those that readers in use know: none of
/// them takes `y` and `n` for booleans.
pub(crate) fn typed(text: &str) -> Option<Typed> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["", "~", "null"]) {
        return Some(Typed::Null);
    }
    if is(&["true", "yes", "on"]) {
        return Some(Typed::Bool(true));
    }
    if is(&["false", "no", "off"]) {
        return Some(Typed::Bool(false));
    }
    number(text)
}

fn number(text: &str) -> Option<Typed> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let digits = unsigned.replace('_', "");
    if let Some(integer) = integer(&digits) {
        return Some(Typed::Integer(integer * sign));
    }
    let is_float = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    // Digits alone that are too many for an integer would lose some.
    if !is_float || digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let float: f64 = digits.parse().ok()?;
    // A whole number is written without a point.
    let whole = float.to_string().parse::<i128>().map(|whole| Typed::Integer(whole * sign));
    Some(whole.unwrap_or_else(|_| Typed::Float(if sign < 0 { -float } else { float }.to_bits())))
}

/// `12`, `0x1F`, `0b10`, `010` (8), `1:30` (90).
fn integer(digits: &str) -> Option<i128> {
    let radix = |rest: &str, radix: u32| {
        let all = rest.chars().all(|c| c.is_digit(radix));
        all.then(|| i128::from_str_radix(rest, radix).ok()).flatten()
    };
    if let Some((first, rest)) = digits.split_once(':') {
        let mut sum = radix(first, 10)?;
        for part in rest.split(':') {
            let part = radix(part, 10).filter(|&part| part < 60)?;
            sum = sum.checked_mul(60)?.checked_add(part)?;
        }
        return Some(sum);
    }
    match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => radix(&digits[2..], 16),
        [b'0', b'b' | b'B', ..] => radix(&digits[2..], 2),
        [b'0', b'o' | b'O', ..] => radix(&digits[2..], 8),
        [b'0', _, ..] => radix(digits, 8).or_else(|| radix(digits, 10)),
        _ => radix(digits, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_equal() {
        for same in [
            &["true", "yes", "On", "TRUE"][..],
            &["false", "no", "OFF"],
            &["", "~", "null", "Null"],
            &["1", "0x1", "1.0", "+1", "01", "0b1", "1.", "1e0", "1_"],
            &["-8", "-010", "-0o10", "-8.0", "-0x8"],
            &["90", "1:30", "90.0"],
            &["1.5", "1.50", "15e-1"],
            &["0", "-0", "0.0", "-0.0"],
        ] {
            let first = typed(same[0]);
            assert!(first.is_some());
            for text in same {
                assert_eq!(typed(text), first, "{text}");
            }
        }
    }

    #[test]
    fn knows_what_is_not() {
        for (a, b) in
            [("1", "2"), ("1", "-1"), ("yes", "no"), ("1.5", "-1.5"), ("1e300", "1e301"), ("1", "true")]
        {
            assert_ne!(typed(a), typed(b), "{a} {b}");
        }
        let long = "9".repeat(50);
        for text in ["y", "n", "v1", "1.2.3", "tag", "<<", ".", "0x", "0x-1", "1:75", "e1", &long] {
            assert_eq!(typed(text), None, "{text}");
        }
    }
}
