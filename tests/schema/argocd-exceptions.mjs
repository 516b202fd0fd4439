// What Argo CD v3.2.11 does and its swagger document leaves out, with the source of each.

/// Our own client, by `User-Agent`.
export { OWN_CLIENT } from "./exceptions.mjs";

/// Parameters of a path that hold slashes: `PROJECT/APPLICATION` of can-i.
export const BROAD = new Set(["subresource"]);

/// Query parameters that every operation takes: `fields` is read by the forwarders of grpc-gateway, which know nothing of
/// the messages (github.com/argoproj/pkg grpc/http/forwarders.go).
export const ANYWHERE = new Set(["fields"]);

/// Fields that definitions lack.
export const GAPS = [
  // `ResourceNode` embeds `ResourceRef`, `json:",inline"`; the generator passes over what is embedded
  // (pkg/apis/application/v1alpha1/types.go).
  { definition: "v1alpha1ResourceNode", properties: ofRef() },
  // `SyncStrategyHook` embeds `SyncStrategyApply` in the same way.
  { definition: "v1alpha1SyncStrategyHook", properties: { force: { type: "boolean" } } },
];

/// Places where a value is of another type than the document says.
export const PLAIN = [
  // protobuf writes int64 as a text; Argo CD's own JSON takes and gives numbers (util/grpc/json.go).
  { at: /^body \/sourcePositions\/\d+$/, what: /^is number, and the schema wants string/ },
  { at: /^body \/id$/, what: /^is number, and the schema wants string/ },
  // Go's encoding/json writes a list that is nil as null.
  { at: /^reply \/items$/, what: /^is null/ },
  // `k8s.io/apimachinery` metav1.Time writes itself as a text or as null.
  { at: /Timestamp$/, what: /^is null/ },
];

function ofRef() {
  return Object.fromEntries(["group", "version", "kind", "namespace", "name", "uid"].map((name) => [name, { type: "string" }]));
}
