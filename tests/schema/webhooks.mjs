// Checks webhook payloads, which workflows read from GITHUB_EVENT_PATH, against the same OpenAPI document.

import { Schemas } from "./json.mjs";

export class Webhooks {
  constructor(document) {
    this.schemas = new Schemas(document);
    this.webhooks = document["x-webhooks"];
  }

  check({ event, action, payload }) {
    const name = [event, action].filter(Boolean).join(" ").replace(/[_ ]/g, "-");
    const operation = `webhook ${event}${action ? ` ${action}` : ""}`;
    const found = this.webhooks[name];
    if (!found) return { operation, problems: [{ at: "", what: "is no webhook of GitHub's" }], known: false };
    const schema = found.post.requestBody.content["application/json"].schema;
    return { operation, problems: this.schemas.problems(payload, schema, "payload "), known: true };
  }
}
