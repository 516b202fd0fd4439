//! Walking the selections.

use std::{cell::RefCell, pin::Pin, sync::Mutex};

use serde_json::{Map, Value};

use super::{
    Problem, mutate,
    objects::{Node, Resolved},
    parse::{Document, Field, Operation, Selection, What},
    schema,
};
use crate::{faults::lock, github::rest::Context};

/// The arguments of one field, with the variables put in.
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    pub(super) fn value(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or(Value::Null)
    }
}

/// One operation on its way.
pub(super) struct Execution<'a> {
    pub(super) context: &'a Context,
    document: &'a Document,
    variables: &'a Value,
    problems: Mutex<Vec<Problem>>,
}

type Boxed<'b, T> = Pin<Box<dyn Future<Output = T> + Send + 'b>>;

impl<'a> Execution<'a> {
    pub(super) fn new(context: &'a Context, document: &'a Document, variables: &'a Value) -> Self {
        Self { context, document, variables, problems: Mutex::default() }
    }

    /// Runs it: top-level fields of a mutation one after the other, as the specification wants.
    pub(super) async fn operation(self, operation: &Operation) -> (Value, Vec<Problem>) {
        let root = if operation.mutation { Node::Mutation } else { Node::Query };
        let data = self.select(&root, &operation.selections, &[]).await;
        (data, self.problems.into_inner().unwrap_or_default())
    }

    /// Resolves selections on one object.
    fn select<'b>(
        &'b self,
        node: &'b Node,
        selections: &'b [Selection],
        path: &'b [Value],
    ) -> Boxed<'b, Value> {
        Box::pin(async move {
            let fields = RefCell::new(Vec::new());
            self.collect(node, selections, &fields);
            let mut object = Map::new();
            for field in fields.into_inner() {
                let mut path = path.to_vec();
                path.push(field.key().into());
                let value = self.field(node, field, &path).await;
                merge(&mut object, field.key(), value);
            }
            Value::Object(object)
        })
    }

    /// Flattens fragments and leaves out what directives leave out.
    fn collect<'b>(&'b self, node: &Node, selections: &'b [Selection], into: &RefCell<Vec<&'b Field>>) {
        for selection in selections {
            let holds = |(include, condition): &(bool, super::parse::Literal)| {
                condition.resolve(self.variables).as_bool() == Some(*include)
            };
            if !selection.conditions.iter().all(holds) {
                continue;
            }
            let fragment = match &selection.what {
                What::Field(field) => {
                    into.borrow_mut().push(field);
                    continue;
                }
                What::Inline(fragment) => Some(fragment),
                What::Spread(name) => self.document.fragments.get(name),
            };
            if let Some(fragment) = fragment.filter(|one| one.on.as_deref().is_none_or(|on| node.is(on))) {
                self.collect(node, &fragment.selections, into);
            }
        }
    }

    async fn field(&self, node: &Node, field: &Field, path: &[Value]) -> Value {
        if field.name == "__typename" {
            return Value::String(node.kind().to_owned());
        }
        let arguments = field.arguments.iter().map(|(name, one)| (name.clone(), one.resolve(self.variables)));
        let arguments = Arguments(arguments.filter(|(_, value)| !value.is_null()).collect());
        let resolved = match node {
            Node::Mutation => mutate::run(self.context, &field.name, &arguments.value("input")).await,
            node => node.field(self.context, &field.name, &arguments).await,
        };
        match resolved {
            Ok(Resolved::Leaf(value)) => value,
            Ok(Resolved::One(node)) => self.select(&node, &field.selections, path).await,
            Ok(Resolved::Many(nodes)) => {
                let mut list = Vec::new();
                for (at, node) in nodes.iter().enumerate() {
                    let mut path = path.to_vec();
                    path.push(at.into());
                    list.push(self.select(node, &field.selections, &path).await);
                }
                Value::Array(list)
            }
            Ok(Resolved::Data(value)) => self.plain(node, field, value, path).await,
            Err(mut problem) => {
                problem.path = path.to_vec();
                problem.location = Some((field.line, field.column));
                lock(&self.problems).push(problem);
                Value::Null
            }
        }
    }

    /// Resolves selections on an object that is data already.
    async fn plain(&self, node: &Node, field: &Field, value: Value, path: &[Value]) -> Value {
        let declared = schema::returns(node.kind(), &field.name);
        // What stands behind an interface says which type it is.
        let kind = |value: &Value| {
            let named = schema::objects(declared).iter().find(|name| value["__typename"] == **name);
            named.copied().unwrap_or(declared)
        };
        match value {
            Value::Object(_) => self.select(&Node::Data(kind(&value), value), &field.selections, path).await,
            Value::Array(list) => {
                let mut shown = Vec::new();
                for one in list {
                    shown.push(self.select(&Node::Data(kind(&one), one), &field.selections, path).await);
                }
                Value::Array(shown)
            }
            leaf => leaf,
        }
    }
}

/// Two selections of the same field come together.
fn merge(object: &mut Map<String, Value>, key: &str, value: Value) {
    match (object.get_mut(key), value) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            for (key, value) in new {
                merge(old, &key, value);
            }
        }
        (_, value) => drop(object.insert(key.to_owned(), value)),
    }
}
