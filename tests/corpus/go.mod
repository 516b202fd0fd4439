// The packages whose YAML files tests/tests/corpus.rs edits. They are read, never built: `go mod download` fetches
// each one by name and checks it against go.sum. Versions are ones that Go 1.24 accepts.
module day2.invalid/corpus

go 1.21

require (
	github.com/argoproj/argo-cd/v3 v3.1.16
	github.com/argoproj/argo-rollouts v1.8.4
	helm.sh/helm/v4 v4.0.5
	sigs.k8s.io/kustomize v2.0.3+incompatible
	sigs.k8s.io/kustomize/api v0.21.1
	sigs.k8s.io/kustomize/kustomize/v5 v5.8.1
)
