//! Which kind of policy denies a call: AWS's sentence ends with it
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>).

const SESSION: &str = "no session policy allows";

/// What a sentence says, and what that means for whoever reads it.
const REASONS: &[(&str, &str)] = &[
    (
        SESSION,
        "The session is narrowed down by `repositories`, `inline-session-policy` or `managed-session-policies`, and \
         these do not include the call.",
    ),
    (
        "service control policy",
        "A service control policy of the organisation denies it; nothing in the role's own policies can change that.",
    ),
    (
        "resource control policy",
        "A resource control policy of the organisation denies it; nothing in the role's own policies can change that.",
    ),
    (
        "permissions boundary",
        "The role's permissions boundary does not include it, whatever its policies say.",
    ),
    ("VPC endpoint policy", "The policy of the VPC endpoint that the runner goes through does not allow it."),
    ("with an explicit deny", "Some policy denies it explicitly, which no other policy can undo."),
];

/// What may be done about a session policy; attaching more to the role changes nothing.
pub(super) const WIDEN: &str = "Widen what the login narrows the session down to: `repositories` (`NAME=push`, or \
                                `NAME=create` for a repository that is to be made) or the session policies.";

/// Whether a session policy is what denies it.
pub(super) fn is_by_session(message: &str) -> bool {
    message.contains(SESSION)
}

/// Returns what the sentence says about the kind of policy, if it does.
pub(super) fn reason(message: &str) -> Option<&'static str> {
    REASONS.iter().find(|(text, _)| message.contains(text)).map(|(_, meaning)| *meaning)
}
