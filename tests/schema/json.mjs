// Checks a JSON value against a schema of GitHub's OpenAPI document, in a closed world: a field that the schema does
// not name is an error, unless the schema leaves the object open.
//
// OpenAPI 3.0's own dialect: `nullable`, `$ref` without siblings, no `unevaluatedProperties`.

const FORMATS = {
  "date-time": (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
  uri: (text) => URL.canParse(text),
  "uri-template": (text) => URL.canParse(text.replace(/\{[^{}]*\}/g, "")),
};

/// The document's own parts, by reference.
export class Schemas {
  constructor(document) {
    this.document = document;
  }

  resolve(schema) {
    let found = schema;
    while (found?.$ref) {
      found = found.$ref.split("/").slice(1).reduce((part, name) => part[name.replace(/~1/g, "/").replace(/~0/g, "~")], this.document);
    }
    return found;
  }

  /// Returns what is wrong with `value`: a list of { at, what }.
  problems(value, schema, at = "") {
    return this.#closed(value, this.resolve(schema), at);
  }

  /// Everything that is wrong, fields that no part of the schema knows included.
  #closed(value, schema, at) {
    const result = this.#open(value, schema, at);
    if (isObject(value) && !isOpen(result)) {
      for (const name of Object.keys(value)) {
        if (!result.known.has(name)) {
          result.problems.push({ at: `${at}/${name}`, what: "is not in the schema" });
        }
      }
    }
    return result.problems;
  }

  /// What is wrong apart from unknown fields; with the fields that are known, whether others are welcome (`free`), and
  /// whether any part of the schema says which fields there are (`names`).
  #open(value, given, at) {
    const schema = this.resolve(given);
    const result = { problems: [], known: new Set(), free: false, names: false };
    const say = (what, where = at) => result.problems.push({ at: where, what });
    if (value === null) {
      if (!allowsNull(this, schema)) say(`is null, and the schema wants ${wanted(schema)}`);
      return { ...result, free: true };
    }
    if (schema.type && !isOfType(value, schema.type)) {
      say(`is ${typeOf(value)}, and the schema wants ${wanted(schema)}`);
      return { ...result, free: true };
    }
    this.#scalar(value, schema, say);
    if (Array.isArray(value)) {
      if (schema.items) value.forEach((item, index) => result.problems.push(...this.#closed(item, this.resolve(schema.items), `${at}/${index}`)));
      if (schema.minItems > value.length) say(`has ${value.length} items, fewer than ${schema.minItems}`);
      if (schema.maxItems < value.length) say(`has ${value.length} items, more than ${schema.maxItems}`);
    } else if (isObject(value)) {
      this.#object(value, schema, at, result, say);
    }
    for (const part of schema.allOf ?? []) absorb(result, this.#open(value, part, at));
    for (const choice of [schema.oneOf, schema.anyOf]) if (choice) this.#choose(value, choice, at, result);
    return result;
  }

  #scalar(value, schema, say) {
    if (schema.enum && !schema.enum.includes(value)) {
      say(`is ${JSON.stringify(value)}, and the schema allows ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`);
    }
    if (typeof value === "string") {
      const fits = FORMATS[schema.format];
      // The document's own default may be no value of the format: "" for the addresses of a deployment.
      if (fits && value !== schema.default && !fits(value)) say(`is ${JSON.stringify(value)}, which is no ${schema.format}`);
      if (schema.pattern && !new RegExp(schema.pattern, "u").test(value)) say(`does not match ${schema.pattern}`);
      if (schema.maxLength < [...value].length) say(`is longer than ${schema.maxLength} characters`);
      if (schema.minLength > [...value].length) say(`is shorter than ${schema.minLength} characters`);
    } else if (typeof value === "number") {
      if (schema.minimum > value) say(`is less than ${schema.minimum}`);
      if (schema.maximum < value) say(`is more than ${schema.maximum}`);
    }
  }

  #object(value, schema, at, result, say) {
    const properties = schema.properties ?? {};
    for (const name of schema.required ?? []) {
      if (!Object.hasOwn(value, name)) say("is missing, and the schema requires it", `${at}/${name}`);
    }
    for (const [name, one] of Object.entries(value)) {
      if (Object.hasOwn(properties, name)) {
        result.known.add(name);
        result.problems.push(...this.#closed(one, this.resolve(properties[name]), `${at}/${name}`));
      } else if (isObject(schema.additionalProperties) && Object.keys(schema.additionalProperties).length > 0) {
        result.known.add(name);
        result.problems.push(...this.#closed(one, this.resolve(schema.additionalProperties), `${at}/${name}`));
      }
    }
    result.free = schema.additionalProperties === true || isEmpty(schema.additionalProperties);
    result.names = Object.keys(properties).length > 0 || schema.additionalProperties !== undefined;
  }

  /// One alternative must fit as a whole; the fields of all that fit are known.
  #choose(value, alternatives, at, result) {
    const tried = alternatives.map((one) => this.#open(value, one, at));
    const fitting = tried.filter((one) => one.problems.length === 0);
    // Alternatives may overlap; those that fit count together.
    if (fitting.length > 0) {
      fitting.forEach((one) => absorb(result, one));
      return;
    }
    const unknown = (one) => (isObject(value) && !isOpen(one) ? Object.keys(value).filter((name) => !one.known.has(name)).length : 0);
    tried.sort((a, b) => a.problems.length + unknown(a) - b.problems.length - unknown(b));
    if (tried.length > 0) absorb(result, tried[0]);
  }
}

function absorb(into, from) {
  into.problems.push(...from.problems);
  from.known.forEach((name) => into.known.add(name));
  into.free ||= from.free;
  into.names ||= from.names;
}

/// Are fields welcome that the schema does not name? A part without any, such as one with `required` only, opens nothing
/// that another part closes.
function isOpen({ free, names }) {
  return free || !names;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value) {
  return isObject(value) && Object.keys(value).length === 0;
}

function allowsNull(schemas, schema) {
  if (schema.nullable || schema.type === "null" || schema.enum?.includes(null)) return true;
  // Without a type, anything goes.
  if (!schema.type && !schema.oneOf && !schema.anyOf && !schema.allOf && !schema.properties) return true;
  return [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].some((one) => allowsNull(schemas, schemas.resolve(one)));
}

function isOfType(value, type) {
  if (type === "integer") return Number.isInteger(value);
  return typeOf(value) === type;
}

function typeOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function wanted(schema) {
  return schema.type ?? (schema.properties ? "object" : "one of its alternatives");
}
