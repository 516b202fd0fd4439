// The calls of aws-actions/configure-aws-credentials (src/index.ts): the job's token, the role, and whose the keys are.

import { writeFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

import { call, signed } from "./calls.mjs";

const { env } = process;
const sts = `${env.AWS_ENDPOINT_URL_STS}/`;
// The SDK keeps the connection of a client.
const agent = sts.startsWith("https:") ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
const form = { "content-type": "application/x-www-form-urlencoded" };

const bearer = { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
const asked = `${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=sts.amazonaws.com`;
const token = JSON.parse(await call("GET", asked, bearer)).value;
const role = new URLSearchParams({
  Action: "AssumeRoleWithWebIdentity",
  Version: "2011-06-15",
  RoleArn: env.ROLE,
  RoleSessionName: "GitHubActions",
  DurationSeconds: "3600",
  WebIdentityToken: token,
});
const reply = await call("POST", sts, form, role.toString(), agent);
const part = (name) => reply.match(new RegExp(`<${name}>([^<]*)</${name}>`))[1];
const keys = { id: part("AccessKeyId"), secret: part("SecretAccessKey"), token: part("SessionToken") };
await signed("sts", sts, form, "Action=GetCallerIdentity&Version=2011-06-15", keys, agent);
writeFileSync(env.KEYS, JSON.stringify(keys));
agent.destroy();
