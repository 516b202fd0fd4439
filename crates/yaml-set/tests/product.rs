//! Every style of a scalar in every form of a path that leads to it, under each line break.

use yaml_set::{Edit, set};

/// What is there, and what is there once it is `v9`; `\t` stands for the indentation of the line.
const STYLES: [(&str, &str); 14] = [
    ("v1", "v9"),
    ("1.20", "v9"),
    ("~", "v9"),
    ("'it''s'", "'v9'"),
    ("\"a\\tb\"", "\"v9\""),
    ("plain  # why", "v9  # why"),
    ("'x'   ", "'v9'   "),
    ("two\n\t  lines", "v9"),
    ("\"two\\\n\t  lines\" # c", "\"v9\" # c"),
    ("|\n\t  text", "|\n\t  v9"),
    ("|-  # c\n\t   text\n\t   more", "|-  # c\n\t   v9"),
    (">\n\t  text\n\n\t  more", ">\n\t  v9"),
    ("!!str 1", "!!str v9"),
    ("&anchor x", "&anchor v9"),
];

/// A text, the path to what is at `%`, and the indentation of that line.
const FORMS: [(&str, &str, usize); 14] = [
    ("image:\n  tag: %\n  x: 1\n", "image.tag", 2),
    ("a.b: %\na: {b: 1}\n", r"a\.b", 0),
    ("\"a.b/c\" : %\nb: 1\n", "['a.b/c']", 0),
    ("l:\n- x\n- %\n", "l[1]", 0),
    ("l:\n  - x\n  - %\n# end\n", "l[-1]", 2),
    ("l:\n- name: web\n  t: %\n- name: x\n", "l[name=web].t", 2),
    ("l:\n  - {name: x}\n  - t: %\n    u: 1\n", "l[*].t", 4),
    ("m:\n  k:\n    t: %\n  l: {}\n", "m[*].t", 4),
    ("a: 1\n---\na: %\n...\n", "@2.a", 0),
    ("kind: A\na: 1\n---\nkind: B\nmetadata: {name: w}\na: %\n", "@kind=B,name=w.a", 0),
    ("- - 1\n  - %\n  - 2\n", "[0][1]", 2),
    ("? a\n: %\nb: 1\n", "a", 0),
    ("\u{feff}# head\n\na: %\n\n# tail\n", "a", 0),
    ("x: &x 1\na: %\ny: *x\n", "a", 0),
];

#[test]
fn every_style_in_every_form() {
    for (token, new_token) in STYLES {
        for (text, path, indent) in FORMS {
            for line_break in ["\n", "\r\n", "\r"] {
                let fill = |token: &str| {
                    let token = token.replace('\t', &" ".repeat(indent));
                    text.replace('%', &token).replace('\n', line_break)
                };
                let (before, after) = (fill(token), fill(new_token));
                let edit = [Edit::new(path.parse().unwrap(), "v9")];
                let edited = set(&before, &edit).unwrap_or_else(|error| panic!("{before:?} {path}: {error}"));
                assert_eq!(edited.text, after, "{before:?} {path}");
                assert_eq!(edited.changes.len(), 1);
                assert!(!set(&after, &edit).unwrap().changed());
            }
        }
    }
}
