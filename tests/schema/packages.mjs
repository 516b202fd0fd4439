// The packages that the check needs, pinned by package-lock.json. They may lie outside the checkout: `--packages DIR`
// names the directory that has `node_modules` in it; else it is this one.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";

const at = process.argv.indexOf("--packages");
const directory = at > 0 ? resolve(process.argv[at + 1]) : fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(join(directory, "package.json"));

export const graphql = require("graphql");
export const { getVariableValues } = require("graphql/execution/values");

/// The packages' `exports` do not name these files, so they are read as files.
function text(path) {
  return readFileSync(join(directory, "node_modules", path), "utf8");
}

/// GitHub's OpenAPI document, of api.github.com.
export function openapi() {
  return JSON.parse(text("@octokit/openapi/generated/api.github.com.json"));
}

/// GitHub's GraphQL schema, as text.
export function graphqlSchema() {
  return text("@octokit/graphql-schema/schema.graphql");
}
