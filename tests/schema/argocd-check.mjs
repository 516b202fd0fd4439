// node argocd-check.mjs SWAGGER DIRECTORY: checks every recorded exchange with Argo CD against its swagger document.
// node argocd-check.mjs SWAGGER --self-test: shows that the check can fail.
//
// DIRECTORY holds files of JSON lines, as crates/sandbox/src/argocd/record.rs writes them.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Argocd, ours } from "./argocd.mjs";
import { selfTest } from "./argocd-self-test.mjs";

/// How many tests are named for one problem.
const NAMED = 2;

const [swagger, what] = process.argv.slice(2);
if (!what) {
  console.error("usage: node argocd-check.mjs SWAGGER (DIRECTORY | --self-test)");
  process.exit(2);
}
const argocd = new Argocd(JSON.parse(readFileSync(swagger, "utf8")));

/// The exchanges of a file. A process that was killed may have left half a line at the end.
function* exchanges(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop();
  for (const line of lines) yield JSON.parse(line);
}

if (what === "--self-test") {
  process.exitCode = selfTest((exchange) => argocd.check(exchange)) ? 0 : 1;
} else {
  const [groups, operations] = [new Map(), new Map()];
  let count = 0;
  for (const name of readdirSync(what).filter((one) => one.endsWith(".jsonl")).sort()) {
    for (const exchange of exchanges(join(what, name))) {
      const { operation, problems, known } = argocd.check(exchange);
      count += 1;
      if (known) operations.set(operation, operations.get(operation) || ours(exchange));
      for (const { at, what } of problems) {
        const key = `${operation} → ${exchange.status}: ${at.replace(/\/\d+(?=\/|$)/g, "/*").trim()} ${what}`;
        groups.set(key, (groups.get(key) ?? new Set()).add(exchange.by));
      }
    }
  }
  for (const [key, by] of [...groups].sort()) {
    console.log(`${key} (${[...by].slice(0, NAMED).join(", ")}${by.size > NAMED ? " and others" : ""})`);
  }
  if (count === 0) console.log("nothing was recorded: did the tests run with DAY2_RECORD_ARGOCD?");
  const own = [...operations.values()].filter(Boolean).length;
  console.log(`${groups.size > 0 ? `${groups.size} problems in ` : ""}${count} exchanges: ${operations.size} operations, ${own} of them by an action`);
  process.exitCode = groups.size === 0 && count > 0 ? 0 : 1;
}
