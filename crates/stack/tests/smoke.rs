//! A running stack is what its state file says. Without `DAY2_CLUSTER` there is nothing to look at.

use stack::State;

#[tokio::test]
async fn both_clusters_and_argo_cd_answer() {
    let Some(state) = State::from_env() else { return };
    for cluster in [&state.clusters.dev, &state.clusters.prod] {
        let nodes = cluster.kube().unwrap().list("/api/v1/nodes").await.unwrap();
        assert_eq!(nodes.len(), 1);
    }
    let admin = state.admin().await.unwrap();
    let clusters = admin.call(reqwest::Method::GET, "clusters", None).await.unwrap();
    let names: Vec<&str> =
        clusters["items"].as_array().unwrap().iter().filter_map(|item| item["name"].as_str()).collect();
    assert!(names.contains(&"in-cluster") && names.contains(&"prod"), "{clusters}");
}

#[tokio::test]
async fn a_part_can_be_restarted_and_an_unknown_one_is_named() {
    let Some(state) = State::from_env() else { return };
    state.restart("argocd-commit-server").await.unwrap();
    let error = state.restart("argocd").await.unwrap_err().to_string();
    assert!(error.contains("there is no part \"argocd\"") && error.contains("argocd-server"), "{error}");
}
