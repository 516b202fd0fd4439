//! GraphQL: one endpoint, errors with status 200.
//!
//! This is no full engine: documents are parsed, checked against the part of the schema that is here
//! ([`schema`]), and resolved field by field.

mod commit_fields;
mod commit_on_branch;
mod enqueue;
#[cfg(test)]
pub(super) mod everything;
mod execute;
mod lexer;
mod mutate;
mod objects;
mod parse;
mod pull_fields;
mod schema;
mod tree_fields;
mod update_refs;

use axum::{Json, response::IntoResponse as _};
use serde_json::{Map, Value, json};

use super::{
    error::ApiError,
    rest::{Context, Input, Reply},
};
use parse::Operation;

/// One entry of `errors`.
#[derive(Debug, Clone)]
struct Problem {
    /// `NOT_FOUND`, `FORBIDDEN`, `STALE_DATA` …; the query's own mistakes have none.
    kind: Option<&'static str>,
    message: String,
    path: Vec<Value>,
    location: Option<(usize, usize)>,
    extensions: Option<Box<Value>>,
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Self { kind: None, message: message.into(), path: Vec::new(), location: None, extensions: None }
    }

    fn of(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Some(kind), ..Self::new(message) }
    }

    fn into_json(self) -> Value {
        let mut error = Map::new();
        if let Some(kind) = self.kind {
            error.insert("type".to_owned(), kind.into());
        }
        if !self.path.is_empty() {
            error.insert("path".to_owned(), Value::Array(self.path));
        }
        if let Some(extensions) = self.extensions {
            error.insert("extensions".to_owned(), *extensions);
        }
        if let Some((line, column)) = self.location {
            error.insert("locations".to_owned(), json!([{ "line": line, "column": column }]));
        }
        error.insert("message".to_owned(), self.message.into());
        Value::Object(error)
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        match error.status {
            404 => Self::of("NOT_FOUND", error.message),
            403 => Self::of("FORBIDDEN", error.message),
            500.. => Self::new(something_went_wrong()),
            _ => Self::of("UNPROCESSABLE", error.message),
        }
    }
}

impl From<super::git::GitError> for Problem {
    fn from(error: super::git::GitError) -> Self {
        ApiError::from(error).into()
    }
}

/// GitHub's words for its own errors.
fn something_went_wrong() -> String {
    "Something went wrong while executing your query. Please include `SANDBOX` when reporting this issue."
        .into()
}

/// `POST /graphql`.
pub(crate) async fn answer(context: Context, input: Input) -> Reply {
    if context.token.is_none() {
        return Err(ApiError::new(401, "This endpoint requires you to be authenticated."));
    }
    let Some(source) = input.value("query").and_then(Value::as_str) else {
        let text = "A query attribute must be specified and must be a string.";
        return Ok(Json(json!({ "errors": [{ "message": text }] })).into_response());
    };
    let variables = input.value("variables").cloned().unwrap_or_else(|| json!({}));
    let wanted = input.text("operationName")?;
    let body = match run(&context, source, variables, wanted.as_deref()).await {
        Ok((data, problems)) if problems.is_empty() => json!({ "data": data }),
        Ok((data, problems)) => json!({ "data": data, "errors": list(problems) }),
        Err(problems) => json!({ "errors": list(problems) }),
    };
    Ok(Json(body).into_response())
}

fn list(problems: Vec<Problem>) -> Vec<Value> {
    problems.into_iter().map(Problem::into_json).collect()
}

/// Answers with data and the problems on the way, or refuses the document as a whole.
async fn run(
    context: &Context,
    source: &str,
    variables: Value,
    wanted: Option<&str>,
) -> Result<(Value, Vec<Problem>), Vec<Problem>> {
    let document = parse::parse(source).map_err(|error| {
        vec![Problem { location: Some((error.line, error.column)), ..Problem::new(error.message) }]
    })?;
    let named = |operation: &&Operation| wanted.is_none() || operation.name.as_deref() == wanted;
    let operation = document.operations.iter().find(named);
    let operation = operation.ok_or_else(|| {
        vec![Problem::new(format!("No operation named \"{}\"", wanted.unwrap_or_default()))]
    })?;
    let root = if operation.mutation { "Mutation" } else { "Query" };
    let word = if operation.mutation { "mutation" } else { "query" };
    let start = operation.name.as_ref().map_or_else(|| word.to_owned(), |name| format!("{word} {name}"));
    let mut problems = Vec::new();
    schema::validate(&document, root, &operation.selections, &mut vec![start], &mut problems);
    let variables = defaults(operation, variables, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let execution = execute::Execution::new(context, &document, &variables);
    Ok(execution.operation(operation).await)
}

/// Fills in defaults and complains about what must not be null.
fn defaults(operation: &Operation, mut variables: Value, problems: &mut Vec<Problem>) -> Value {
    for variable in &operation.variables {
        let given = variables.get(&variable.name).is_some_and(|value| !value.is_null());
        if given {
            continue;
        }
        if let Some(default) = &variable.default {
            variables[&variable.name] = default.resolve(&Value::Null);
        } else if variable.kind.ends_with('!') {
            let text =
                format!("Variable ${} of type {} was provided invalid value", variable.name, variable.kind);
            let why = json!([{ "path": [], "explanation": "Expected value to not be null" }]);
            let extensions = Some(Box::new(json!({ "value": null, "problems": why })));
            problems.push(Problem { extensions, ..Problem::new(text) });
        }
    }
    variables
}
