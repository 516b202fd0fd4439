use serde_json::json;

use super::*;
use crate::{
    fixtures::{MARK, request, with},
    pods::{Pod, Pods},
};

#[test]
fn another_image_is_old_unless_pods_that_are_not_old_run_it() {
    let app = with(&[("/status/summary/images", json!(["a.b/product/dev:new", "a.b/product/dev:old"]))]);
    let pod = |image: &str| Pod { name: "x".into(), images: vec![image.into()], ..Pod::default() };
    let of = |pods: Pods| {
        let progress = Progress { mark: MARK.into(), pods: Some(pods), ..Progress::default() };
        old_pods_gone(&app, &request(), &progress)
    };
    let still = Holds::No("pods still run a.b/product/dev:old".to_owned());
    assert_eq!(of(Pods::default()), still);
    // A CronJob's pods, or a sidecar whose tag is fixed.
    assert_eq!(of(Pods { aside: vec![pod("a.b/product/dev:old")], ..Pods::default() }), Holds::Yes);
    assert_eq!(of(Pods { newest: vec![pod("a.b/product/dev:old")], ..Pods::default() }), Holds::Yes);
    let old = Pods { old: vec![pod("a.b/product/dev:old")], ..Pods::default() };
    assert_eq!(of(old), Holds::No("pods still run a.b/product/dev:old: x".to_owned()));
}
