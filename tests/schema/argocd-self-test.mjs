// The check must be able to fail: exchanges that are wrong in one way each, and good ones that must pass.

const APP = {
  metadata: { name: "dev", namespace: "argocd", resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { project: "default", destination: { name: "in-cluster", namespace: "app" }, source: { repoURL: "http://a" } },
  status: { sync: { status: "Synced", comparedTo: { source: { repoURL: "http://a" }, destination: {} } }, history: [{ id: 0, deployedAt: "2026-01-01T00:00:00Z" }] },
};
const sync = (request, more) => ({ method: "POST", path: "/api/v1/applications/dev/sync", query: "", headers: {}, request, status: 200, reply: APP, ...more });
const get = (query, reply, more) => ({ method: "GET", path: "/api/v1/applications/dev", query, headers: {}, request: null, status: 200, reply, ...more });
const event = (reply, more) => ({ method: "GET", path: "/api/v1/stream/applications", query: "name=dev", headers: {}, request: null, status: 200, reply, ...more });
const tree = (node) => ({ method: "GET", path: "/api/v1/applications/dev/resource-tree", query: "", headers: {}, request: null, status: 200, reply: { nodes: [{ kind: "Pod", name: "p", ...node }] } });
const own = { headers: { "user-agent": "day2-actions/1" } };
const refusal = { error: "permission denied", code: 7, message: "permission denied" };

const GOOD = [
  ["a sync", sync({ name: "dev", revision: "a", prune: true, sourcePositions: [1], revisions: ["a"], infos: [{ name: "a", value: "b" }] })],
  ["an application", get("refresh=normal&project=default", APP)],
  ["an application with fields", get("fields=metadata.name", { metadata: { name: "dev" } })],
  ["a list without items", { ...get("selector=a", { metadata: { resourceVersion: "1" }, items: null }), path: "/api/v1/applications" }],
  ["an event", event({ result: { type: "MODIFIED", application: APP } })],
  ["a refusal of a stream", event({ error: { grpc_code: 16, http_code: 401, message: "x", http_status: "Unauthorized" } }, { status: 401 })],
  ["a refusal", get("", refusal, { status: 403 })],
  ["a node of a tree", tree({ group: "", uid: "u", health: { status: "Healthy" }, info: [{ name: "a", value: "b" }] })],
  ["a right", { method: "GET", path: "/api/v1/account/can-i/applications/sync/default/dev", query: "", headers: {}, request: null, status: 200, reply: { value: "yes" } }],
  ["a path that is none, asked by a test", get("", null, { path: "/api/v1/nothing", status: 404 })],
  ["a bad request of a test that is refused", sync({ force: 1 }, { status: 400, reply: refusal })],
];

const BAD = [
  ["an invented field", get("", { ...APP, invented: 1 }), "/invented"],
  ["an invented field further down", get("", { ...APP, status: { ...APP.status, sync: { ...APP.status.sync, invented: 1 } } }), "/sync/invented"],
  ["another type", get("", { ...APP, status: { ...APP.status, history: [{ id: "0" }] } }), "/history/0/id"],
  ["no date", get("", { ...APP, metadata: { ...APP.metadata, creationTimestamp: "yesterday" } }), "/creationTimestamp"],
  ["an undocumented parameter", get("refrehs=hard", APP), "refrehs"],
  ["a parameter of another type", { ...event({ result: {} }), path: "/api/v1/applications/dev/logs", query: "follow=maybe" }, "follow"],
  ["a request with an invented field", sync({ name: "dev", force: true }), "/force"],
  ["a request of another type", sync({ name: "dev", prune: "yes" }), "/prune"],
  ["a request whose resources are excluded by a field that is none", sync({ resources: [{ kind: "Pod", exclude: true }] }), "/exclude"],
  ["a request without a body", sync(null), "body is missing"],
  ["a body where none is taken", get("", APP, { request: { name: "dev" } }), "takes none"],
  ["a path that is none", get("", APP, { path: "/api/v1/application/dev" }), "no operation"],
  ["a method that is none", sync({}, { method: "PUT" }), "no operation"],
  ["a bad request of our own that is refused", sync({ force: true }, { ...own, status: 400, reply: refusal }), "/force"],
  ["a refusal with an invented field", get("", { ...refusal, hint: "x" }, { status: 403 }), "/hint"],
  ["an event of another shape", event({ type: "MODIFIED", application: APP }), "/application"],
  ["an event with an invented field", event({ result: { type: "MODIFIED", application: { ...APP, invented: 1 } } }), "/invented"],
  ["a node with an invented field", tree({ invented: 1 }), "/invented"],
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
  if (isGood) console.log(`${BAD.length} bad exchanges found, ${GOOD.length} good ones passed`);
  return isGood;
}
