// Checks exchanges with Argo CD's API against the swagger document that Argo CD publishes (`assets/swagger.json` in its Go
// module), in a closed world.

import { Schemas } from "./json.mjs";
import { ANYWHERE, BROAD, GAPS, OWN_CLIENT, PLAIN } from "./argocd-exceptions.mjs";

export class Argocd {
  #routes = [];

  constructor(document) {
    this.schemas = new Schemas(complete(document));
    for (const [path, item] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      const pattern = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{([^}]+)\}/g, (_, name) => (BROAD.has(name) ? "(.+)" : "([^/]+)"));
      const literal = path.split("/").filter((part) => !part.includes("{")).length;
      this.#routes.push({ path, item, names, literal, pattern: new RegExp(`^${pattern}$`) });
    }
    this.#routes.sort((a, b) => b.literal - a.literal);
  }

  /// Returns { operation, problems, known } of one exchange.
  check(exchange) {
    const { method, path, status, reply } = exchange;
    // One path may be there twice, with another name of its parameter for another method.
    const route = this.#routes.find((one) => one.pattern.test(path) && one.item[method.toLowerCase()]);
    const spec = route?.item[method.toLowerCase()];
    // The root path of a proxy that did not take it off.
    if (!path.startsWith("/api/") && status === 404) return { operation: `${method} ${path}`, problems: [], known: false };
    if (!spec) {
      const problems = status === 404 && reply === null && !ours(exchange) ? [] : [{ at: "", what: "is no operation of Argo CD's" }];
      return { operation: `${method} ${path}`, problems, known: false };
    }
    const asked = this.#request(exchange, route, spec).map((one) => ({ ...one, at: `request ${one.at}` }));
    // A bad request that is refused as such is what some tests are about, but never what our own client sends.
    const refused = status >= 400 && status < 500 && !ours(exchange);
    return { operation: `${method} ${route.path}`, problems: [...(refused ? [] : asked), ...this.#reply(exchange, spec)], known: true };
  }

  #request(exchange, route, spec) {
    const problems = [];
    const parameters = spec.parameters ?? [];
    const values = route.pattern.exec(exchange.path).slice(1).map(decodeURIComponent);
    const query = new URLSearchParams(exchange.query);
    for (const parameter of parameters.filter((one) => one.in !== "body")) {
      const where = `${parameter.in} parameter ${parameter.name}`;
      const given = parameter.in === "path" ? [values[route.names.indexOf(parameter.name)]] : query.getAll(parameter.name);
      if (given.length === 0 && parameter.required) problems.push({ at: where, what: "is missing" });
      if (given.length > 1 && parameter.collectionFormat !== "multi") problems.push({ at: where, what: "is given more than once" });
      for (const text of given) problems.push(...typed(text, parameter.items ?? parameter, where));
    }
    for (const name of new Set(query.keys())) {
      const isKnown = parameters.some((one) => one.in === "query" && one.name === name) || ANYWHERE.has(name);
      if (!isKnown) problems.push({ at: `query parameter ${name}`, what: "is not documented" });
    }
    const body = parameters.find((one) => one.in === "body");
    if (exchange.request === null) return body?.required ? [...problems, { at: "body", what: "is missing" }] : problems;
    if (!body) return isEmpty(exchange.request) ? problems : [...problems, { at: "body", what: "is not documented: the operation takes none" }];
    return [...problems, ...this.#value(exchange.request, body.schema, "body ")];
  }

  #reply({ status, reply, query }, spec) {
    if (status === 415 && reply === null) return [];
    const isStream = spec.responses["200"]?.description?.includes("streaming");
    // A stream's refusal is a chunk like any other.
    const schema = (isStream ? spec.responses["200"] : (spec.responses[status] ?? spec.responses.default))?.schema;
    if (reply === null) return [{ at: "reply", what: "has no body, and the schema wants one" }];
    return this.#value(reply, schema, "reply ", new URLSearchParams(query).has("fields"));
  }

  #value(value, schema, at) {
    const known = ({ at, what }) => PLAIN.some((one) => one.at.test(at) && one.what.test(what));
    return this.schemas.problems(value, schema, at).filter((one) => !known(one));
  }
}

/// Did our own client send it, and not a test by hand?
export function ours(exchange) {
  return OWN_CLIENT.test(exchange.headers?.["user-agent"] ?? "");
}

/// The document with what it is known to leave out.
function complete(document) {
  for (const { definition, properties } of GAPS) {
    const found = document.definitions[definition];
    if (!found) throw new Error(`the swagger has no ${definition} any more`);
    for (const name of Object.keys(properties)) {
      if (found.properties?.[name]) throw new Error(`the swagger has ${definition}.${name} by now: take it out of the exceptions`);
    }
    found.properties = { ...found.properties, ...properties };
  }
  return document;
}

/// A parameter's text has to be of its type.
function typed(text, schema, at) {
  if (schema.type === "boolean" && !["true", "false"].includes(text)) return [{ at, what: `is "${text}", and the schema wants a boolean` }];
  const isNumber = schema.type === "integer" || schema.format === "int64";
  if (isNumber && !/^-?\d+$/.test(text)) return [{ at, what: `is "${text}", and the schema wants a whole number` }];
  return [];
}

function isEmpty(value) {
  return typeof value === "object" && Object.keys(value).length === 0;
}
