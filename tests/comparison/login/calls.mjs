// Calls as the two actions make them: HTTPS by Node's own client, and Signature Version 4
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

import { createHash, createHmac } from "node:crypto";
import http from "node:http";
import https from "node:https";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

/// Returns the body of the reply.
export function call(method, url, headers, body, agent) {
  const client = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(url, { method, headers, agent }, (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (part) => (text += part));
      reply.on("end", () => {
        if (reply.statusCode === 200) resolve(text);
        else reject(new Error(`${method} ${url}: ${reply.statusCode} ${text}`));
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/// The same of a call that AWS's keys sign.
export function signed(service, url, headers, body, keys, agent) {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = [time.slice(0, 8), "eu-central-1", service, "aws4_request"];
  const all = { ...headers, host: new URL(url).host, "x-amz-date": time, "x-amz-security-token": keys.token };
  const names = Object.keys(all).sort();
  const lines = names.map((name) => `${name}:${all[name]}\n`).join("");
  const canonical = ["POST", "/", "", lines, names.join(";"), sha256(body)].join("\n");
  const key = scope.reduce(hmac, `AWS4${keys.secret}`);
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(canonical)].join("\n");
  const signature = hmac(key, text).toString("hex");
  all.authorization =
    `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope.join("/")}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return call("POST", url, all, body, agent);
}
