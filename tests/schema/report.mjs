// What the check found, grouped: one line for each thing that is wrong, however often it was recorded.

import { expected, misses } from "./operations.mjs";
import { ours } from "./rest.mjs";

/// How many tests are named for one problem.
const NAMED = 2;

export class Report {
  #groups = new Map();
  #operations = new Map();
  #documents = new Set();
  #exchanges = 0;

  add(exchange, { operation, problems, known, document }) {
    this.#exchanges += 1;
    if (document) this.#documents.add(document);
    if (known) this.#operations.set(operation, (this.#operations.get(operation) ?? false) || ours(exchange));
    for (const { at, what } of problems) {
      const status = exchange.status ? ` → ${exchange.status}` : "";
      const place = at.replace(/\/\d+(?=\/|$)/g, "/*").trim();
      const key = `${operation}${status}\n${place} ${what}`.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1");
      const group = this.#groups.get(key) ?? { count: 0, by: new Set() };
      group.count += 1;
      group.by.add(exchange.by);
      this.#groups.set(key, group);
    }
  }

  get isGood() {
    return this.#groups.size === 0 && this.#exchanges > 0 && this.#misses().length === 0;
  }

  #misses() {
    return misses(expected(), this.#operations);
  }

  print(list) {
    if (list) this.#list();
    if (this.#exchanges === 0) return console.log("nothing was recorded: did the tests run with DAY2_RECORD_GITHUB?");
    let last = "";
    for (const key of [...this.#groups.keys()].sort()) {
      const { count, by } = this.#groups.get(key);
      const [operation, problem] = key.split("\n");
      if (operation !== last) console.log(operation);
      last = operation;
      const named = [...by].slice(0, NAMED).join(", ");
      console.log(`  ${problem} (${count === 1 ? "" : `${count} times; `}${named}${by.size > NAMED ? " and others" : ""})`);
    }
    const misses = this.#misses();
    for (const { operation, what } of misses) console.log(`${operation} ${what}`);
    const operations = [...this.#operations.keys()];
    const of = (start) => operations.filter((one) => one.startsWith(start)).length;
    const webhooks = of("webhook ");
    const fields = of("query ") + of("mutation ");
    const rest = operations.length - webhooks - fields - of("POST /graphql");
    const count = this.#groups.size + misses.length;
    const wrong = count > 0 ? `${count} problems in ` : "";
    const all = misses.length === 0 ? `; all ${expected().length} operations of the actions` : "";
    console.log(`${wrong}${this.#exchanges} exchanges: ${rest} REST operations, ${this.#documents.size} GraphQL documents, ${webhooks} webhooks${all}`);
  }

  #list() {
    for (const operation of [...this.#operations.keys()].sort()) {
      console.log(`${this.#operations.get(operation) ? "by an action" : "by tests    "}  ${operation}`);
    }
  }
}
