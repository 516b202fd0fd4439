// The calls of aws-actions/amazon-ecr-login (index.js): a registry token, and the ping of `docker login`.

import { readFileSync } from "node:fs";

import { call, signed } from "./calls.mjs";

const { env } = process;
const keys = JSON.parse(readFileSync(env.KEYS, "utf8"));
const headers = {
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
};
const reply = JSON.parse(await signed("ecr", `${env.AWS_ENDPOINT_URL_ECR}/`, headers, "{}", keys));
const credential = reply.authorizationData[0].authorizationToken;
await call("GET", `${env.REGISTRY}/v2/`, { authorization: `Basic ${credential}` });
