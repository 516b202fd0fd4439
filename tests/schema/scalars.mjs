// GitHub's own scalars (https://docs.github.com/en/graphql/reference/scalars). Each function takes a value and returns
// it, or throws.

function text(name, fits) {
  return (value) => {
    if (typeof value !== "string" || !fits(value)) throw new TypeError(`${name} cannot represent ${JSON.stringify(value)}`);
    return value;
  };
}

const date = (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value));
const base64 = (value) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.replace(/\s/g, ""));

export const SCALARS = {
  Base64String: text("Base64String", base64),
  BigInt: text("BigInt", (value) => /^-?\d+$/.test(value)),
  Date: text("Date", (value) => /^\d{4}-\d\d-\d\d$/.test(value)),
  DateTime: text("DateTime", date),
  GitObjectID: text("GitObjectID", (value) => /^[0-9a-f]{40}$/.test(value)),
  GitRefname: text("GitRefname", (value) => value.length > 0),
  GitSSHRemote: text("GitSSHRemote", (value) => value.includes("@")),
  GitTimestamp: text("GitTimestamp", date),
  HTML: text("HTML", () => true),
  PreciseDateTime: text("PreciseDateTime", date),
  URI: text("URI", (value) => URL.canParse(value)),
  X509Certificate: text("X509Certificate", () => true),
};
