// What the actions ask GitHub: operations.txt lists it, and a full recording must have it all and nothing else.

import { readFileSync } from "node:fs";

/// Refused as a whole, it is no operation yet.
const NONE = "POST /graphql";

/// The operations of operations.txt.
export function expected() {
  const lines = readFileSync(new URL("operations.txt", import.meta.url), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/// Returns { operation, what } of each one that is on the list and no client of ours sent, or the other way round.
/// `seen` maps each operation to whether one of our clients sent it.
export function misses(list, seen) {
  const problems = [];
  for (const [operation, isOurs] of seen) {
    if (isOurs && operation !== NONE && !list.includes(operation)) problems.push({ operation, what: "is sent by an action and not in operations.txt: add it" });
  }
  for (const operation of list) {
    if (!seen.get(operation)) problems.push({ operation, what: "is in operations.txt, and no test made an action send it" });
  }
  list.forEach((operation, index) => {
    if (index > 0 && list[index - 1] >= operation) problems.push({ operation, what: "is not in its place: operations.txt is sorted" });
  });
  return problems;
}
