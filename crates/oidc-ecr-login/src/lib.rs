//! Signs in to Amazon ECR with an OIDC token
