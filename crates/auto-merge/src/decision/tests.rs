use super::*;

/// Every code with its decision. A new code needs a line here: whoever adds it has to say what it means.
const TABLE: &[(&str, Decision)] = &[
    // The gate.
    ("merge-refused", Decision::Refuse),
    ("merge-head-moved", Decision::Refuse),
    ("merge-base-changed", Decision::Refuse),
    ("merged-elsewhere", Decision::Failed),
    ("merged-without-gate", Decision::Refuse),
    ("merge-undone", Decision::Refuse),
    ("pull-request-closed", Decision::Refuse),
    ("pull-request-draft", Decision::Wait),
    ("pull-request-from-fork", Decision::Refuse),
    ("base-not-allowed", Decision::Refuse),
    ("head-not-allowed", Decision::Refuse),
    ("label-missing", Decision::Wait),
    ("label-blocking", Decision::Refuse),
    ("label-by-author", Decision::Refuse),
    ("label-by-bot", Decision::Refuse),
    ("labeller-permission", Decision::Refuse),
    ("labeller-team", Decision::Refuse),
    ("teams-unreadable", Decision::Configuration),
    ("labeller-unlisted", Decision::Wait),
    ("label-before-push", Decision::Refuse),
    ("label-before-base", Decision::Refuse),
    ("changes-requested", Decision::Refuse),
    ("approvals-missing", Decision::Wait),
    // The merge.
    ("merge-conflict", Decision::Refuse),
    ("method-unsafe", Decision::Refuse),
    ("not-fast-forward", Decision::Refuse),
    ("mergeability-unknown", Decision::Wait),
    ("checks-missing", Decision::Wait),
    ("checks-failed", Decision::Refuse),
    ("checks-own-run", Decision::Configuration),
    ("branch-behind", Decision::Refuse),
    ("merge-queue-required", Decision::Configuration),
    ("merge-queue-refused", Decision::Refuse),
    ("auto-merge-not-allowed", Decision::Configuration),
    ("branch-rule-violated", Decision::Refuse),
    ("method-disabled", Decision::Configuration),
    ("merge-not-authorized", Decision::Configuration),
    ("merge-blocked", Decision::Refuse),
    ("merge-contended", Decision::Failed),
    // Any call to GitHub.
    ("token-rejected", Decision::Configuration),
    ("permission-denied", Decision::Configuration),
    ("repository-not-found", Decision::Configuration),
    ("rate-limited", Decision::Failed),
    ("workflow-files", Decision::Refuse),
    ("workflows-permission", Decision::Configuration),
    ("repository-archived", Decision::Configuration),
    ("github-unavailable", Decision::Failed),
    // An App's token.
    ("app-key-invalid", Decision::Configuration),
    ("app-clock-skew", Decision::Configuration),
    ("app-rejected", Decision::Configuration),
    ("app-not-installed", Decision::Configuration),
    ("app-suspended", Decision::Configuration),
    ("app-permission-missing", Decision::Configuration),
    // Any action.
    ("invalid-input", Decision::Failed),
    ("deadline-passed", Decision::Failed),
    ("unreachable", Decision::Failed),
    ("unexpected-reply", Decision::Failed),
    ("internal", Decision::Failed),
    ("file-access", Decision::Failed),
];

fn all() -> impl Iterator<Item = &'static Code> {
    let lists = [codes::ALL, github::codes::ALL, github::codes::APP, general::ALL];
    lists.into_iter().flatten().copied()
}

#[test]
fn every_code_has_its_decision() {
    for code in all() {
        let row = TABLE.iter().find(|(id, _)| *id == code.id);
        let (_, decision) = row.unwrap_or_else(|| panic!("`{}` is not in the table", code.id));
        assert_eq!(Decision::of(code), *decision, "{}", code.id);
    }
    for (id, _) in TABLE {
        assert!(all().any(|code| code.id == *id), "there is no code `{id}`");
    }
}

#[test]
fn the_exit_code_goes_with_the_decision() {
    for code in all() {
        let expected = match Decision::of(code) {
            Decision::Done => &[][..],
            Decision::Wait | Decision::Refuse => &[Exit::Refused],
            Decision::Configuration => &[Exit::Input],
            Decision::Failed => &[Exit::Input, Exit::Remote, Exit::Deadline, Exit::Bug],
        };
        assert!(expected.contains(&code.exit), "{}", code.id);
    }
}

#[test]
fn of_several_rules_the_worst_decides() {
    let of = |codes: &[&'static Code]| {
        let rules: Vec<Rule> = codes.iter().map(|code| Rule::new(code, "x")).collect();
        Decision::of_rules(&rules)
    };
    let (wait, refuse, configuration) =
        (&codes::LABEL_MISSING, &codes::MERGE_CONFLICT, &codes::METHOD_DISABLED);
    assert_eq!(of(&[]), Decision::Done);
    assert_eq!(of(&[wait, wait]), Decision::Wait);
    assert_eq!(of(&[wait, refuse]), Decision::Refuse);
    assert_eq!(of(&[refuse, configuration, wait]), Decision::Configuration);
    assert_eq!(of(&[configuration, &general::DEADLINE_PASSED]), Decision::Failed);
}
