// Checks exchanges with the REST API against GitHub's OpenAPI document.

import { Schemas } from "./json.mjs";
import { API_VERSION, BROAD, OWN_CLIENT, REFUSAL, STATUS_FIELD, UNDOCUMENTED, VALIDATION } from "./exceptions.mjs";

const METHODS = ["get", "post", "put", "patch", "delete", "head"];

export class Rest {
  #routes = [];

  constructor(document) {
    this.schemas = new Schemas(document);
    for (const [path, item] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      const parts = path.split("/").map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
      const pattern = parts.join("/").replace(/\{([^}]+)\}/g, (_, name) => (BROAD.has(name) ? "(.+)" : "([^/]+)"));
      const literal = path.split("/").filter((part) => !part.includes("{")).length;
      this.#routes.push({ path, item, names, literal, pattern: new RegExp(`^${pattern}$`) });
    }
    // The most specific first: more of the path is spelt out.
    this.#routes.sort((a, b) => b.literal - a.literal);
  }

  /// Returns { operation, problems } of one exchange.
  check(exchange) {
    const { method, path, status, reply } = exchange;
    const route = this.#routes.find((one) => one.pattern.test(path));
    const spec = route && METHODS.includes(method.toLowerCase()) ? route.item[method.toLowerCase()] : undefined;
    const operation = spec ? `${method} ${route.path}` : `${method} ${path}`;
    if (!spec) {
      // What is no route of GitHub's has to be answered as GitHub answers it.
      const problems = status === 404 && !ours(exchange) ? this.#body(reply, { $ref: "#/components/schemas/basic-error" }) : [{ at: "", what: "is no operation of GitHub's" }];
      return { operation, problems, known: false };
    }
    const asked = this.#request(exchange, route, spec).map((one) => ({ ...one, at: `request ${one.at}` }));
    // A bad request that is refused as such is what some tests are about, but never what our own clients send.
    const refused = [400, 404, 422].includes(status) && !ours(exchange);
    return { operation, problems: [...(refused ? [] : asked), ...this.#reply(exchange, spec)], known: true };
  }

  #request(exchange, route, spec) {
    const problems = [];
    const parameters = [...(route.item.parameters ?? []), ...(spec.parameters ?? [])].map((one) => this.schemas.resolve(one));
    const values = route.pattern.exec(exchange.path).slice(1).map(decodeURIComponent);
    const query = new URLSearchParams(exchange.query);
    for (const parameter of parameters) {
      const where = `${parameter.in} parameter ${parameter.name}`;
      const raw = parameter.in === "path" ? values[route.names.indexOf(parameter.name)] : parameter.in === "query" ? query.get(parameter.name) : undefined;
      if (raw === undefined || raw === null) {
        if (parameter.required) problems.push({ at: where, what: "is missing" });
        continue;
      }
      const schema = this.schemas.resolve(parameter.schema);
      problems.push(...this.schemas.problems(typed(raw, schema), schema, where));
    }
    for (const name of new Set(query.keys())) {
      if (!parameters.some((one) => one.in === "query" && one.name === name)) {
        problems.push({ at: `query parameter ${name}`, what: "is not documented" });
      }
    }
    return [...problems, ...this.#requestBody(exchange, spec), ...headers(exchange)];
  }

  #requestBody({ request }, spec) {
    const schema = this.schemas.resolve(spec.requestBody)?.content?.["application/json"]?.schema;
    if (request === null) return spec.requestBody?.required ? [{ at: "body", what: "is missing" }] : [];
    if (!schema) return [{ at: "body", what: "is not documented: the operation takes none" }];
    return this.schemas.problems(request, schema, "body ");
  }

  #reply(exchange, spec) {
    const { status, reply } = exchange;
    const documented = this.schemas.resolve(spec.responses[status]);
    const body = stripStatus(reply, status);
    if (documented) {
      const schema = documented.content?.["application/json"]?.schema;
      if (schema) return this.#body(body, schema, status);
      if (reply === null) return [];
      return status < 400 ? [{ at: "reply", what: "has a body, and the schema has none" }] : this.schemas.problems(body, REFUSAL, "reply ");
    }
    const exception = UNDOCUMENTED.find((one) => one.status === status || (one.status === 500 && status >= 500));
    if (!exception) return [{ at: "status", what: `is ${status}, which the operation does not document (${Object.keys(spec.responses).join(", ")})` }];
    return this.#body(body, exception.schema, status);
  }

  #body(body, schema, status) {
    if (body === null) return [{ at: "reply", what: "has no body, and the schema wants one" }];
    const problems = this.schemas.problems(body, schema, "reply ");
    return status === 422 && problems.length > 0 && this.schemas.problems(body, VALIDATION).length === 0 ? [] : problems;
  }
}

/// Did one of our own clients send it, and not a test by hand?
export function ours(exchange) {
  return OWN_CLIENT.test(exchange.headers?.["user-agent"] ?? "");
}

function headers(exchange) {
  if (!ours(exchange)) return [];
  const problems = [];
  const { accept, "x-github-api-version": version } = exchange.headers;
  if (accept !== "application/vnd.github+json") problems.push({ at: "header Accept", what: `is ${accept}, and GitHub recommends application/vnd.github+json` });
  if (version !== API_VERSION) problems.push({ at: "header X-GitHub-Api-Version", what: `is ${version}, and the document is of ${API_VERSION}` });
  return problems;
}

/// A parameter's text as the type that its schema names.
function typed(text, schema) {
  if (["integer", "number"].includes(schema.type) && /^-?\d+$/.test(text)) return Number(text);
  if (schema.type === "boolean" && ["true", "false"].includes(text)) return text === "true";
  if (schema.type === "array") return text.split(",");
  return text;
}

/// Leaves out `status` of an error's body where it repeats the status.
function stripStatus(reply, status) {
  if (status < 400 || typeof reply !== "object" || reply === null || reply[STATUS_FIELD] !== String(status)) return reply;
  const { [STATUS_FIELD]: _, ...rest } = reply;
  return rest;
}
