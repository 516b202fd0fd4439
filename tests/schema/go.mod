// Argo CD's swagger document, read as it is: see argocd-check.mjs.
module day2.invalid/schema

go 1.21

require (
	github.com/argoproj/argo-cd/v3 v3.2.11
)
