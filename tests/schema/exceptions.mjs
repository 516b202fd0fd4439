// What GitHub does and its OpenAPI document leaves out, with the source of each.

/// The version of the interface that the document describes: https://docs.github.com/en/rest/about-the-rest-api/api-versions.
/// Later ones are kept as `x-github-breaking-changes` beside it.
export const API_VERSION = "2022-11-28";

/// Our own clients, by `User-Agent`.
export const OWN_CLIENT = /^day2-actions\//;

/// Parameters of a path that hold slashes: names of branches and refs, and pairs of them.
export const BROAD = new Set(["ref", "branch", "basehead", "path"]);

/// The body of a refusal that an operation documents with a description only, such as 409 of `POST merges`: replies that
/// GitHub's own documentation quoted for years have these fields
/// (https://docs.github.com/en/rest/deployments/deployments#create-a-deployment).
export const REFUSAL = {
  type: "object",
  required: ["message", "documentation_url"],
  properties: { message: { type: "string" }, documentation_url: { type: "string" }, errors: { type: "array" } },
};

/// Statuses that any operation may have: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api.
/// 409 and 405, which say something about one operation, are not among them.
const error = { $ref: "#/components/schemas/basic-error" };

/// 422 in either of its two forms: many operations document only one.
export const VALIDATION = { oneOf: [{ $ref: "#/components/schemas/validation-error" }, { $ref: "#/components/schemas/validation-error-simple" }] };
export const UNDOCUMENTED = [
  { status: 400, schema: error, why: "problems parsing JSON; a version of the interface that is none" },
  { status: 401, schema: error, why: "bad credentials" },
  { status: 403, schema: error, why: "rate limits; resource not accessible by integration; no User-Agent" },
  { status: 404, schema: error, why: "what the caller may not see is not there" },
  { status: 422, schema: VALIDATION, why: "validation failed" },
  { status: 429, schema: error, why: "rate limits" },
  { status: 500, schema: error, why: "GitHub fails" },
];

/// Errors repeat their status as a text in the body; only `basic-error` has the field, all errors carry it.
export const STATUS_FIELD = "status";

/// Places where a copy of a schema inside another one lags behind the schema that it is a copy of.
export const LAGS = [
  // `deployment-status` has "" as the default of its addresses.
  { operation: /^webhook deployment_status /, at: /\/deployment_status\/(environment|log|target)_url$/, what: /^is "", which is no uri$/ },
  // `simple-user` has it.
  { operation: /^webhook issue_comment /, at: /\/user\/user_view_type$/, what: /not in the schema/ },
  // `label` allows it, and so does the label inside `pull-request`; only `pull-request-simple` does not.
  { operation: /\/pulls$/, at: /\/labels\/\d+\/description$/, what: /^is null/ },
];

/// `type` of GraphQL errors, which no schema lists. From replies that people quote and from GitHub's own clients.
export const GRAPHQL_ERROR_TYPES = new Set([
  "BRANCH_PROTECTION_RULE_VIOLATION",
  "EXCESSIVE_PAGINATION",
  "FORBIDDEN",
  "INSUFFICIENT_SCOPES",
  "MAX_NODE_LIMIT_EXCEEDED",
  "MISSING_PAGINATION_BOUNDARIES",
  "NOT_FOUND",
  "RATE_LIMITED",
  "STALE_DATA",
  "UNPROCESSABLE",
]);
