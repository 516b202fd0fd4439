// The check must be able to fail: exchanges that are wrong in one way each, and good ones that must pass.

import { Schemas } from "./json.mjs";
import { misses } from "./operations.mjs";

const USER = {
  login: "alice", id: 1, node_id: "MDQ6VXNlcjE=", avatar_url: "http://a/avatar", gravatar_id: "", url: "http://a/users/alice", html_url: "http://a/alice",
  followers_url: "http://a/f", following_url: "http://a/f{/other_user}", gists_url: "http://a/g{/gist_id}", starred_url: "http://a/s{/owner}{/repo}",
  subscriptions_url: "http://a/s", organizations_url: "http://a/o", repos_url: "http://a/r", events_url: "http://a/e{/privacy}",
  received_events_url: "http://a/e", type: "User", site_admin: false,
};
const COMMENT = {
  id: 7, node_id: "x", url: "http://a/c/7", html_url: "http://a/7", issue_url: "http://a/i/1", body: "Hello", user: USER,
  created_at: "2024-01-01T00:00:00Z", updated_at: "2024-01-01T00:00:00Z", author_association: "OWNER", performed_via_github_app: null,
};
const REF = { ref: "refs/heads/dev", node_id: "x", url: "http://a/ref", object: { type: "commit", sha: "0".repeat(40), url: "http://a/c" } };
const QUERY = "query($owner: String!) { repository(owner: $owner, name: \"r\") { id isPrivate visibility ref(qualifiedName: \"refs/heads/dev\") { name target { oid ... on Commit { committedDate } } } } }";
const DATA = { repository: { id: "x", isPrivate: true, visibility: "PRIVATE", ref: { name: "dev", target: { oid: "0".repeat(40), committedDate: "2024-01-01T00:00:00Z" } } } };

const comment = (change, more) => ({ method: "GET", path: "/repos/o/r/issues/comments/7", query: "", headers: {}, request: null, status: 200, reply: { ...COMMENT, ...change }, ...more });
const move = (request, more) => ({ method: "PATCH", path: "/repos/o/r/git/refs/heads/feature/x", query: "", headers: {}, request, status: 200, reply: REF, ...more });
const ask = (reply, more) => ({ method: "POST", path: "/graphql", query: "", headers: {}, request: { query: QUERY, variables: { owner: "o" } }, status: 200, reply, ...more });
const repository = (change) => ask({ data: { repository: { ...DATA.repository, ...change } } });
const own = { headers: { "user-agent": "day2-actions/1", accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" } };
const without = (object, name) => Object.fromEntries(Object.entries(object).filter(([one]) => one !== name));

const GOOD = [
  ["a comment", comment({})],
  ["a user that is null where that is allowed", comment({ user: null })],
  ["a ref that moves", move({ sha: "0".repeat(40), force: false }, own)],
  ["a refusal", move({ sha: "0".repeat(40) }, { status: 422, reply: { message: "Update is not a fast forward", documentation_url: "http://a", status: "422" } })],
  ["a bad request of a test that is refused", move({ sah: 1 }, { status: 422, reply: { message: "Invalid request.", documentation_url: "http://a", status: "422" } })],
  ["an answer of GraphQL", ask({ data: DATA })],
  ["a field that GraphQL could not resolve", ask({ data: { repository: null }, errors: [{ type: "NOT_FOUND", path: ["repository"], locations: [{ line: 1, column: 3 }], message: "Could not resolve" }] })],
];

const BAD = [
  ["an invented field", comment({ invented: 1 }), "/invented"],
  ["an invented field further down", comment({ user: { ...USER, invented: 1 } }), "/user/invented"],
  ["a missing field", { ...comment({}), reply: without(COMMENT, "issue_url") }, "/issue_url"],
  ["another type", comment({ id: "7" }), "/id"],
  ["null where there is none", comment({ created_at: null }), "/created_at"],
  ["no value of an enumeration", comment({ author_association: "FRIEND" }), "/author_association"],
  ["no date", comment({ updated_at: "yesterday" }), "/updated_at"],
  ["an undocumented status", comment({}, { status: 418 }), "status"],
  ["an undocumented parameter", comment({}, { query: "fields=id" }), "parameter fields"],
  ["a path that is none", comment({}, { path: "/repos/o/r/issues/comment/7" }), "no operation"],
  ["a method that is none", move({ sha: "x" }, { method: "PUT" }), "no operation"],
  ["a request with an invented field", move({ sha: "x", forced: true }), "/forced"],
  ["a request without what is required", move({ force: true }), "/sha"],
  ["a bad request of our own that is refused", move({ sah: 1 }, { ...own, status: 422, reply: { message: "Invalid request.", documentation_url: "http://a" } }), "/sah"],
  ["a refusal with an invented field", move({ sha: "x" }, { status: 409, reply: { message: "x", documentation_url: "x", hint: "x" } }), "/hint"],
  ["our client without its version", comment({}, { headers: { "user-agent": "day2-actions/1", accept: "application/vnd.github+json" } }), "X-GitHub-Api-Version"],
  ["GraphQL: a field that is not there", ask({ data: {} }, { request: { query: "{ viewer { shoeSize } }" } }), "shoeSize"],
  ["GraphQL: a variable of another type", ask({ data: DATA }, { request: { query: QUERY, variables: { owner: 1 } } }), "variables"],
  ["GraphQL: a variable that is not declared", ask({ data: DATA }, { request: { query: QUERY, variables: { owner: "o", x: 1 } } }), "variables /x"],
  ["GraphQL: an answer with a field more", repository({ invented: 1 }), "/repository/invented"],
  ["GraphQL: an answer with a field less", ask({ data: { repository: without(DATA.repository, "ref") } }), "/repository/ref"],
  ["GraphQL: null where there is none", repository({ isPrivate: null }), "isPrivate"],
  ["GraphQL: no value of an enumeration", repository({ visibility: "private" }), "visibility"],
  ["GraphQL: no object id", repository({ ref: { name: "dev", target: { oid: "abc", committedDate: "2024-01-01T00:00:00Z" } } }), "GitObjectID"],
  ["GraphQL: an error with an invented field", ask({ data: { repository: null }, errors: [{ message: "x", code: 1 }] }), "/errors/0/code"],
  ["a webhook with an invented field", { event: "push", action: "", payload: { invented: 1 } }, "/invented"],
  ["a webhook that is none", { event: "pull_request", action: "improved", payload: {} }, "no webhook"],
];

/// Schemas, what has the field `invented`, and whether that is a problem.
const A = { properties: { a: { type: "integer" } } };
const EITHER = [{ required: ["a"] }, { required: ["b"] }];
const WORLDS = [
  ["properties", A, true],
  ["properties beside alternatives that only require", { ...A, anyOf: EITHER }, true],
  ["properties beside one alternative that only requires", { ...A, oneOf: EITHER }, true],
  ["properties and a part that is only an object", { allOf: [A, { type: "object" }] }, true],
  ["alternatives with properties, one of them only an object", { anyOf: [A, { type: "object" }] }, true],
  ["properties and no others", { ...A, additionalProperties: false }, true],
  ["an object that says nothing", { type: "object" }, false],
  ["alternatives that say nothing", { oneOf: [{ type: "string" }, { type: "object" }] }, false],
  ["properties and any others", { ...A, additionalProperties: true }, false],
  ["properties and a part with any others", { allOf: [A, { additionalProperties: {} }] }, false],
];

/// Returns whether all is as it should be, and says what is not.
export function selfTest(check) {
  let isGood = true;
  const say = (text) => {
    isGood = false;
    console.log(text);
  };
  const lines = ({ problems }) => problems.map(({ at, what }) => `${at} ${what}`);
  for (const [name, exchange] of GOOD) for (const line of lines(check(exchange))) say(`must pass: ${name}: ${line}`);
  for (const [name, exchange, about] of BAD) {
    const found = lines(check(exchange));
    if (!found.some((line) => line.includes(about))) say(`must fail: ${name}, with something about ${about}: ${found.join("; ") || "nothing"}`);
  }
  for (const [name, schema, isClosed] of WORLDS) {
    const found = lines({ problems: new Schemas({}).problems({ a: 1, invented: 1 }, schema) });
    const wanted = isClosed ? ["/invented is not in the schema"] : [];
    if (found.join() !== wanted.join()) say(`${name}: ${found.join("; ") || "nothing"} instead of ${wanted.join() || "nothing"}`);
  }
  const listed = misses(["GET /a", "query B"], new Map([["GET /a", true], ["query B", false], ["mutation C", true], ["GET /d", false]]));
  const wanted = ["mutation C", "query B"];
  if (listed.map(({ operation }) => operation).join() !== wanted.join()) say(`the list of operations: ${JSON.stringify(listed)}`);
  if (misses(["GET /b", "GET /a"], new Map([["GET /a", true], ["GET /b", true]])).length !== 1) say("a list that is not sorted must fail");
  if (isGood) console.log(`${BAD.length} bad exchanges found, ${GOOD.length} good ones passed`);
  return isGood;
}
