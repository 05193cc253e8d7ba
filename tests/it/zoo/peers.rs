//! What other clients make of the same registries, filled in by hand.

/// When and with what the peers ran: each verb against the fake registry of each profile, with a login.
const MEASURED: &str = "2026-12-01, with skopeo 1.22.0, crane and oras 1.3.3";

/// The registries at which a peer fails, and for each verb who does.
const FAILING: [(&str, [&str; 6]); 9] = [
    // The two differ in lists of referrers alone, which these verbs do not ask for.
    ("Docker Hub", ["crane", "", "crane", "crane", "crane", "all"]),
    ("Docker Hub in 2024", ["crane", "", "crane", "crane", "crane", "all"]),
    ("GHCR", ["", "", "", "", "", "all"]),
    ("Artifactory", ["oras", "oras", "oras", "oras", "oras", "oras"]),
    ("Nexus", ["oras", "", "", "", "", "oras"]),
    ("ECR", ["", "", "", "", "all", ""]),
    ("ECR in 2024", ["", "", "", "", "all", ""]),
    ("ECR in 2021", ["", "", "", "", "all", "all"]),
    ("Google Artifact Registry", ["", "", "", "", "", "all"]),
];

const VERBS: [&str; 6] = ["digest", "tags", "pull", "push", "push to a new repository", "delete"];

/// Says whether no peer does this either; nothing of what they were not asked to do.
pub(super) fn all_fail(registry: &str, verb: &str) -> Option<bool> {
    let column = VERBS.iter().position(|each| *each == verb)?;
    Some(FAILING.iter().any(|(each, failing)| *each == registry && failing[column] == "all"))
}

/// Writes the section of the page.
pub(super) fn section() -> String {
    let mut text = format!(
        "\n## Peers\n\nWho fails where, of skopeo, crane and oras; an empty cell means that all three do it, as they do everything at the \
         registries\nthat are not listed. By hand, {MEASURED}. crane makes no second attempt at a 429, and oras asks nothing but the \
         thing itself.\n\n| registry | {} |\n| --- |{}\n",
        VERBS.join(" | "),
        " --- |".repeat(VERBS.len())
    );
    for (registry, failing) in FAILING {
        text.push_str(&format!("| {registry} | {} |\n", failing.join(" | ")));
    }
    text
}
