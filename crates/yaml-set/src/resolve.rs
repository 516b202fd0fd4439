//! What YAML readers make of a plain scalar.

/// Whether some YAML 1.1 or 1.2 reader sees no string in the plain scalar `text`.
///
/// It holds for what any of the YAML 1.1 types (<https://yaml.org/type/>), the YAML 1.2 core schema
/// (<https://yaml.org/spec/1.2.2/#103-core-schema>), PyYAML and the Go readers resolve, and is generous
/// where they differ: a needless quote costs nothing, a tag that becomes a float costs a deployment.
pub(crate) fn may_not_be_a_string(text: &str) -> bool {
    matches!(text, "" | "~" | "<<" | "=") || is_word(text) || is_number(text) || is_date(text)
}

fn is_word(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "nil"];
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    WORDS.iter().any(|word| unsigned.eq_ignore_ascii_case(word))
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    // Ruby groups digits by commas too. Some readers fail on a prefix that has nothing but these after it.
    let digits = unsigned.replace(['_', ','], "");
    let is_grouped = digits.len() < unsigned.len();
    let radix = |prefixes: [&str; 2], radix: u32| {
        prefixes
            .iter()
            .filter_map(|prefix| digits.strip_prefix(prefix))
            .any(|rest| (is_grouped || !rest.is_empty()) && rest.chars().all(|c| c.is_digit(radix)))
    };
    radix(["0x", "0X"], 16)
        || radix(["0o", "0O"], 8)
        || radix(["0b", "0B"], 2)
        || is_decimal(&digits)
        || is_base_60(&digits)
        || (is_grouped && digits == ".")
}

/// `12`, `1.20`, `.5`, `1.`, `1e10`, `58467e65`.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent_is_number = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !unsigned.is_empty() && all_digits(unsigned)
    });
    !(whole.is_empty() && fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && exponent_is_number
}

/// `12:34`, `1:02:03.5`: base 60 in YAML 1.1.
fn is_base_60(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    whole.contains(':')
        && all_digits(first)
        && parts.all(|part| all_digits(part) && part.len() <= 2)
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// `2026-11-21`, also with a time after it.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |part: &str, count: std::ops::RangeInclusive<usize>| {
        count.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let day = rest.split(['T', 't', ' ']).next().unwrap_or_default();
    digits(year, 4..=4) && digits(month, 1..=2) && digits(day, 1..=2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_no_string() {
        for text in [
            "",
            "~",
            "null",
            "Null",
            "TRUE",
            "yes",
            "Off",
            "y",
            "N",
            ".inf",
            "-.INF",
            ".NaN",
            "1",
            "-1",
            "+1",
            "007",
            "0o7",
            "0x1F",
            "0b10",
            "1_000",
            "0x_",
            "0X__",
            "0b_",
            "+0b__",
            "-0x_",
            "0o_",
            "1,000",
            "-1,000.5",
            "0x1,f",
            "._",
            "1.20",
            "1.",
            ".5",
            "1e10",
            "58467e65",
            "1E+5",
            "12:34",
            "1:02:03.5",
            "58467965",
            "2026-11-21",
            "2026-1-2 10:00:00",
            "2026-11-21T10:00:00Z",
            "<<",
            "=",
        ] {
            assert!(may_not_be_a_string(text), "{text}");
        }
    }

    #[test]
    fn knows_what_is_a_string() {
        for text in [
            "v1",
            "1.2.3",
            "1.20-rc1",
            "latest",
            "58467965a",
            "1e10x",
            "0xg",
            "sha256:12",
            "a:b",
            "nginx:1.20",
            ".",
            "..",
            "2026-11-21-1",
            "2026.11.21",
            "main-1",
            "1:b",
            "e10",
            "0x",
            "0b",
            "0xg_",
            "1,a",
            "a,1",
            "127.0.0.1:5000",
            "yesterday",
        ] {
            assert!(!may_not_be_a_string(text), "{text}");
        }
    }
}
