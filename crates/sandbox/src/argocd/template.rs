//! Templates of a chart, as far as they can be filled in without a Helm: those that only print values.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Deserialize as _;
use serde_json::Value;

use super::values;

/// What templates print.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) values: &'a Value,
    pub(super) release: &'a str,
    pub(super) namespace: &'a str,
}

/// A chart's templates, each filled in or left as it is.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// The objects of those that only print values.
    pub(super) plain: Vec<Value>,
    /// The texts of the others.
    pub(super) others: Vec<String>,
}

/// Reads the templates of a chart; the error is Helm's.
pub(super) fn read(files: &BTreeMap<String, Vec<u8>>, context: Context<'_>) -> Result<Templates, String> {
    let mut templates = Templates::default();
    let is_template = |path: &str| path.starts_with("templates/") && is_yaml(path);
    for (path, bytes) in files.iter().filter(|(path, _)| is_template(path)) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        match fill(&text, context) {
            Some(filled) => {
                let documents = documents(&filled).map_err(|error| {
                    format!("Error: YAML parse error on {path}: error converting YAML to JSON: yaml: {error}")
                })?;
                templates.plain.extend(documents);
            }
            None => templates.others.push(text),
        }
    }
    Ok(templates)
}

/// Whether Argo CD and Helm read this file for manifests.
pub(super) fn is_yaml(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.starts_with('_') && [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}

/// The documents of a file, without empty ones.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let mut documents = Vec::new();
    for document in yaml_serde::Deserializer::from_str(text) {
        match Value::deserialize(document).map_err(|error| error.to_string())? {
            Value::Null => {}
            document => documents.push(document),
        }
    }
    Ok(documents)
}

/// Fills `{{ .Values.a.b }}`, `{{ .Release.Name }}` and `{{ .Release.Namespace }}` in, with `| quote` behind or not.
/// None if the text has any other action.
fn fill(text: &str, context: Context<'_>) -> Option<String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let (action, after) = after.split_once("}}")?;
        filled.push_str(before);
        let (path, quoted) = match action.split_once('|') {
            Some((path, function)) if function.trim() == "quote" => (path.trim(), true),
            Some(_) => return None,
            None => (action.trim(), false),
        };
        let value = match path {
            ".Release.Name" => context.release.to_owned(),
            ".Release.Namespace" => context.namespace.to_owned(),
            _ => {
                let path = path.strip_prefix(".Values.")?;
                let is_plain = path.chars().all(|sign| sign.is_ascii_alphanumeric() || "._".contains(sign));
                values::print(is_plain.then(|| path.split('.').fold(context.values, |at, part| &at[part]))?)
            }
        };
        if quoted {
            write!(filled, "{value:?}").ok()?;
        } else {
            filled.push_str(&value);
        }
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_filled_in_and_anything_more_is_left() {
        let values = json!({ "image": { "tag": "v1" }, "port": 80 });
        let context = Context { values: &values, release: "r", namespace: "n" };
        let fill = |text: &str| fill(text, context);
        assert_eq!(fill("plain"), Some("plain".to_owned()));
        assert_eq!(
            fill("a: {{ .Values.image.tag | quote }}\nb: {{ .Values.port }}-{{ .Release.Namespace }}"),
            Some("a: \"v1\"\nb: 80-n".to_owned())
        );
        for text in ["{{- if .Values.a }}", "{{ include \"x\" . }}", "{{ .Values.a | indent 2 }}", "{{"] {
            assert_eq!(fill(text), None, "{text}");
        }
    }

    #[test]
    fn templates_are_the_yaml_files_of_their_directory() {
        let files = [
            ("templates/a.yaml", "kind: A\n---\nkind: B\n"),
            ("templates/_helpers.tpl", "x"),
            ("templates/b.yaml", "{{ if 1 }}"),
            ("values.yaml", "a: 1"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
        let context = Context { values: &Value::Null, release: "", namespace: "" };
        let templates = read(&files, context).unwrap();
        assert_eq!((templates.plain.len(), templates.others.len()), (2, 1));
    }
}
