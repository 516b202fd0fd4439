//! The `fields` parameter (argoproj/pkg grpc/http/forwarders.go, and forwarder_overwrite.go for lists).

use serde_json::{Map, Value};

/// Which fields a reply keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    names: Vec<String>,
    exclude: bool,
}

impl Fields {
    /// Reads `a.b,c`, or `-a.b,c` for all but these.
    pub(super) fn new(text: &str) -> Self {
        let (exclude, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let names = text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { names, exclude }
    }

    /// Takes the other fields out. A field is also kept when a wanted one only begins with its path as *text*, so
    /// `status.sync` is kept for `status.syncResult`. A stream's error chunk is filtered like any other.
    pub(super) fn filter(&self, value: &mut Value) {
        if !self.names.is_empty() {
            self.process("", value);
        }
    }

    fn process(&self, path: &str, value: &mut Value) {
        match value {
            Value::Object(map) => self.process_map(path, map),
            Value::Array(items) => items.iter_mut().for_each(|item| self.process(path, item)),
            _ => {}
        }
    }

    fn process_map(&self, path: &str, map: &mut Map<String, Value>) {
        map.retain(|name, value| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let is_named = self.names.contains(&path);
            let is_parent = is_named || self.names.iter().any(|field| field.starts_with(&path));
            let keep = if self.exclude { !is_named } else { is_parent };
            if keep && !is_named {
                self.process(&path, value);
            }
            keep
        });
    }

    /// The same for an item of a list, where only a fixed set of fields can be asked for.
    pub(super) fn list_item(&self, item: &Value) -> Value {
        if self.names.is_empty() {
            return item.clone();
        }
        let mut kept = Value::Object(Map::new());
        for field in LIST_FIELDS {
            let is_named = self.names.iter().any(|name| name.strip_prefix("items.") == Some(field));
            let pointer = format!("/{}", field.replace('.', "/"));
            let Some(value) = item.pointer(&pointer).filter(|_| is_named != self.exclude) else { continue };
            let mut place = &mut kept;
            for part in field.split('.') {
                place = &mut place[part];
            }
            *place = value.clone();
        }
        kept
    }
}

/// `appFields` of forwarder_overwrite.go: others are silently left out.
const LIST_FIELDS: [&str; 16] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.annotations",
    "metadata.labels",
    "metadata.creationTimestamp",
    "metadata.deletionTimestamp",
    "spec",
    "status.sourceHydrator",
    "status.sync.status",
    "status.health",
    "status.summary",
    "status.operationState.startedAt",
    "status.operationState.finishedAt",
    "status.resources",
    "operation.sync",
    "status.operationState.phase",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prefixes_keep_parents_and_namesakes() {
        let mut value = json!({ "result": {
            "type": "MODIFIED",
            "application": { "status": { "sync": { "status": "Synced" }, "summary": {} }, "spec": {} },
        } });
        Fields::new("result.application.status.syncResult,result.type").filter(&mut value);
        assert_eq!(
            value,
            json!({ "result": { "type": "MODIFIED", "application": { "status": { "sync": {} } } } })
        );
    }

    #[test]
    fn an_error_chunk_is_filtered_away() {
        let mut value = json!({ "error": { "grpc_code": 16 } });
        Fields::new("result.type").filter(&mut value);
        assert_eq!(value, json!({}));
    }

    #[test]
    fn a_minus_excludes() {
        let mut value = json!({ "result": { "a": 1, "b": 2 } });
        Fields::new("-result.a").filter(&mut value);
        assert_eq!(value, json!({ "result": { "b": 2 } }));
    }

    #[test]
    fn lists_know_few_fields() {
        let item = json!({ "metadata": { "name": "dev", "uid": "u" }, "spec": { "syncPolicy": {} } });
        let fields = Fields::new("items.metadata.name,items.metadata.uid,items.spec.syncPolicy");
        assert_eq!(fields.list_item(&item), json!({ "metadata": { "name": "dev" } }));
    }
}
