//! `delete` at a registry: a tag goes alone, a manifest only when that is confirmed.

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::registry::Registry;
use crate::support::seed;

#[test]
fn siblings_live_and_manifests_need_a_word() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let app = fixture::single(&dir.path().join("app"));
    for tag in ["t1", "t2", "t3"] {
        seed::push_as(&app.dir, "v1", &registry.client(), "app", tag);
    }
    let repository = format!("docker://{}/app", registry.host());
    let tags = || {
        let mut tags: Vec<String> = stevedore(&["tags", &repository]).ok().text().lines().map(str::to_owned).collect();
        tags.sort();
        tags
    };
    let tag = format!("{repository}:t1");
    assert_eq!(stevedore(&["delete", "-n", &tag]).ok().text(), format!("would remove {tag} ({})", app.digest));
    assert_eq!(tags(), ["t1", "t2", "t3"]);
    assert_eq!(stevedore(&["delete", &tag]).ok().text(), format!("removed {tag} ({})", app.digest));
    assert_eq!(tags(), ["t2", "t3"]);
    stevedore(&["delete", &tag]).code(3);
    let manifest = format!("{repository}@{}", app.digest);
    let refused = stevedore(&["delete", &manifest]).code(2);
    for tag in ["t2", "t3"] {
        assert!(refused.stderr.contains(tag), "{}", refused.stderr);
    }
    assert_eq!(tags(), ["t2", "t3"]);
    let gone = stevedore(&["delete", "--yes", "--json", &manifest]).ok().json();
    assert_eq!(gone["tags"].as_array().map(Vec::len), Some(2));
    stevedore(&["digest", &format!("{repository}:t2")]).code(3);
}
