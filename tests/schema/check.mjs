// node check.mjs [--packages DIR] DIRECTORY: checks every recorded exchange against what GitHub publishes.
// node check.mjs [--packages DIR] --self-test: shows that the check can fail.
// With --list, the operations that were seen are listed too.
//
// DIRECTORY holds files of JSON lines, as crates/sandbox/src/github/record.rs writes them.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { LAGS } from "./exceptions.mjs";
import { GraphQL } from "./graphql.mjs";
import { graphqlSchema, openapi } from "./packages.mjs";
import { Report } from "./report.mjs";
import { Rest } from "./rest.mjs";
import { selfTest } from "./self-test.mjs";
import { Webhooks } from "./webhooks.mjs";

const document = openapi();
const rest = new Rest(document);
const webhooks = new Webhooks(document);
const graphql = new GraphQL(graphqlSchema());

function check(exchange) {
  const checker = exchange.event ? webhooks : exchange.path === "/graphql" ? graphql : rest;
  const result = checker.check(exchange);
  const lags = ({ at, what }) => LAGS.some((one) => one.operation.test(result.operation) && one.at.test(at) && one.what.test(what));
  return { ...result, problems: result.problems.filter((one) => !lags(one)) };
}

/// The exchanges of a file. A process that was killed may have left half a line at the end.
function* exchanges(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop();
  for (const line of lines) yield JSON.parse(line);
}

const options = process.argv.slice(2).filter((_, index, all) => all[index] !== "--packages" && all[index - 1] !== "--packages");
if (options.includes("--self-test")) {
  process.exitCode = selfTest(check) ? 0 : 1;
} else {
  const directory = options.find((one) => !one.startsWith("--"));
  if (!directory) {
    console.error("usage: node check.mjs [--packages DIR] (DIRECTORY [--list] | --self-test)");
    process.exit(2);
  }
  const report = new Report();
  const files = readdirSync(directory).filter((name) => name.endsWith(".jsonl")).sort();
  for (const name of files) for (const exchange of exchanges(join(directory, name))) report.add(exchange, check(exchange));
  report.print(options.includes("--list"));
  process.exitCode = report.isGood ? 0 : 1;
}
