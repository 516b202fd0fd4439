// Checks exchanges with GraphQL against GitHub's schema, with the reference implementation.
//
// A reply is checked by executing its document against the reply's own data: that finds null where the schema has
// none, unknown values of enumerations, types that do not fit, and, since the result must be the data again, fields
// that were not asked for or are missing.

import { isDeepStrictEqual } from "node:util";
import { getVariableValues, graphql } from "./packages.mjs";
import { SCALARS } from "./scalars.mjs";
import { UNDOCUMENTED, GRAPHQL_ERROR_TYPES } from "./exceptions.mjs";
import { ours } from "./rest.mjs";

const { GraphQLScalarType, buildSchema, executeSync, getOperationAST, isAbstractType, parse, validate } = graphql;

export class GraphQL {
  constructor(source) {
    this.schema = buildSchema(source, { assumeValidSDL: true });
    for (const type of Object.values(this.schema.getTypeMap())) {
      if (type instanceof GraphQLScalarType && SCALARS[type.name]) {
        type.serialize = type.parseValue = SCALARS[type.name];
      }
    }
  }

  /// Returns { operation, problems, document } of one exchange.
  check(exchange) {
    const { status, request, reply } = exchange;
    const refused = UNDOCUMENTED.some((one) => one.status === status);
    if (refused) return { operation: "POST /graphql", problems: this.#refusal(reply), known: true };
    if (status !== 200) return { operation: "POST /graphql", problems: [{ at: "status", what: `is ${status}` }], known: true };
    const problems = shape(reply);
    const parsed = this.#document(exchange);
    if (parsed.problems.length > 0) {
      // A bad document that is refused as a whole is what some tests are about.
      const isRefused = reply.data === undefined && reply.errors?.length > 0 && !ours(exchange);
      return { operation: "POST /graphql", problems: isRefused ? problems : [...problems, ...parsed.problems], known: true };
    }
    const { document, operation } = parsed;
    // Our own have names; those of tests may have none.
    const names = operation.name?.value ?? operation.selectionSet.selections.map((one) => one.name?.value ?? "…").join(" ");
    const label = `${operation.operation} ${names}`;
    return { operation: label, problems: [...problems, ...this.#data(exchange, document, operation)], known: true, document: request.query };
  }

  #refusal(reply) {
    return typeof reply?.message === "string" ? [] : [{ at: "reply /message", what: "is missing" }];
  }

  #document({ request }) {
    const problem = (what) => ({ problems: [{ at: "document", what }] });
    const extra = Object.keys(request ?? {}).filter((name) => !["query", "variables", "operationName"].includes(name));
    if (extra.length > 0) return problem(`comes with ${extra.join(", ")}, which GraphQL over HTTP does not know`);
    if (typeof request?.query !== "string") return problem("is missing");
    try {
      const document = parse(request.query);
      const errors = validate(this.schema, document);
      if (errors.length > 0) return { problems: errors.map((error) => ({ at: "document", what: error.message })) };
      const operation = getOperationAST(document, request.operationName ?? undefined);
      if (!operation) return problem("has no such operation");
      const given = request.variables ?? {};
      const { errors: bad } = getVariableValues(this.schema, operation.variableDefinitions ?? [], given);
      const declared = new Set((operation.variableDefinitions ?? []).map((one) => one.variable.name.value));
      const unknown = Object.keys(given).filter((name) => !declared.has(name));
      const problems = [...(bad ?? []).map((error) => ({ at: "variables", what: error.message })), ...unknown.map((name) => ({ at: `variables /${name}`, what: "is not declared" }))];
      return { document, operation, problems };
    } catch (error) {
      return problem(error.message);
    }
  }

  #data({ request, reply }, document, operation) {
    const { data } = reply;
    if (data === undefined || data === null) {
      return data === undefined && !(reply.errors?.length > 0) ? [{ at: "reply", what: "has neither data nor errors" }] : [];
    }
    const failed = new Set((reply.errors ?? []).map((error) => JSON.stringify(error.path ?? [])));
    const own = (value, name) => (value !== null && typeof value === "object" && Object.hasOwn(value, name) ? value[name] : undefined);
    const problems = [];
    const result = executeSync({
      schema: this.schema,
      document,
      rootValue: data,
      variableValues: request.variables ?? {},
      operationName: operation.name?.value,
      fieldResolver: (source, _arguments, _context, info) => own(source, info.path.key),
      typeResolver: (value, _context, info, abstract) => this.#typeOf(value, info, abstract, problems),
    });
    for (const error of result.errors ?? []) {
      // GitHub answers null and an error for a field that it could not resolve; the null may have gone up.
      const is = JSON.stringify(error.path ?? []);
      const excused = [...failed].some((path) => path === is || path.startsWith(is.slice(0, -1) + ","));
      if (!excused) problems.push({ at: `reply ${pointer(error.path)}`, what: error.message });
    }
    if (problems.length === 0 && !isDeepStrictEqual(plain(result.data), data)) {
      problems.push(...difference(plain(result.data), data, "reply /data"));
    }
    return problems;
  }

  /// The object's type, where the schema has an interface or a union: `__typename`, or the one whose fields were
  /// selected.
  #typeOf(value, info, abstract, problems) {
    if (typeof value?.__typename === "string") return value.__typename;
    const possible = this.schema.getPossibleTypes(abstract);
    const keys = Object.keys(value ?? {});
    const selected = (type) => {
      const names = new Set();
      const visit = (set) => {
        for (const one of set?.selections ?? []) {
          if (one.kind === "Field") names.add(one.alias?.value ?? one.name.value);
          else {
            const fragment = one.kind === "InlineFragment" ? one : info.fragments[one.name.value];
            const on = fragment.typeCondition?.name.value;
            const target = on ? this.schema.getType(on) : abstract;
            if (!on || on === type.name || (isAbstractType(target) && this.schema.isSubType(target, type))) visit(fragment.selectionSet);
          }
        }
      };
      info.fieldNodes.forEach((node) => visit(node.selectionSet));
      return names;
    };
    const fits = possible.find((type) => {
      const names = selected(type);
      return keys.length === names.size && keys.every((key) => names.has(key));
    });
    if (!fits) problems.push({ at: `reply ${pointer(pathOf(info.path))}`, what: `has the fields ${keys.join(", ")}, which fit no type of ${abstract.name}` });
    return (fits ?? possible[0]).name;
  }
}

/// The shape of a reply and of its errors: https://spec.graphql.org/October2021/#sec-Errors, with GitHub's `type`.
function shape(reply) {
  const problems = [];
  const only = (object, names, at) => {
    for (const name of Object.keys(object)) if (!names.includes(name)) problems.push({ at: `${at}/${name}`, what: "is not in the schema" });
  };
  if (typeof reply !== "object" || reply === null) return [{ at: "reply", what: "is no object" }];
  only(reply, ["data", "errors", "extensions"], "reply ");
  if (reply.errors === undefined) return problems;
  if (!Array.isArray(reply.errors) || reply.errors.length === 0) return [...problems, { at: "reply /errors", what: "is no list of at least one" }];
  for (const [index, error] of reply.errors.entries()) {
    const at = `reply /errors/${index}`;
    const want = (name, is, kind) => {
      if (error[name] !== undefined && !is(error[name])) problems.push({ at: `${at}/${name}`, what: `is no ${kind}` });
    };
    only(error, ["type", "path", "locations", "message", "extensions"], at);
    if (typeof error.message !== "string") problems.push({ at: `${at}/message`, what: "is missing or no text" });
    want("type", (value) => GRAPHQL_ERROR_TYPES.has(value), "type of error that GitHub is known to send");
    want("path", (value) => Array.isArray(value) && value.every((part) => typeof part === "string" || Number.isInteger(part)), "path");
    want("locations", (value) => Array.isArray(value) && value.every((one) => Number.isInteger(one.line) && Number.isInteger(one.column)), "list of places");
    want("extensions", (value) => typeof value === "object" && value !== null, "object");
  }
  return problems;
}

/// Where two values that should be equal are not.
function difference(wanted, found, at) {
  const isObject = (value) => typeof value === "object" && value !== null;
  if (isObject(wanted) && isObject(found)) {
    const problems = [];
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
      if (!Object.hasOwn(wanted, name)) problems.push({ at: `${at}/${name}`, what: "was not asked for" });
      else if (!Object.hasOwn(found, name)) problems.push({ at: `${at}/${name}`, what: "was asked for and is missing" });
      else problems.push(...difference(wanted[name], found[name], `${at}/${name}`));
    }
    return problems;
  }
  return isDeepStrictEqual(wanted, found) ? [] : [{ at, what: `is ${JSON.stringify(found)}, and the schema makes it ${JSON.stringify(wanted)}` }];
}

/// graphql-js makes objects without a prototype.
function plain(value) {
  return JSON.parse(JSON.stringify(value ?? null));
}

function pathOf(path) {
  const parts = [];
  for (let one = path; one; one = one.prev) parts.unshift(one.key);
  return parts;
}

function pointer(path) {
  return `/data${(path ?? []).map((part) => `/${part}`).join("")}`;
}

