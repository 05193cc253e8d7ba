//! `--limit-rate`, as far as it can be seen without a clock; how long it makes transfers wait is tested where it is counted.

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::scene::Scene;

#[test]
fn transfers_at_a_limited_rate_bring_the_same_bytes() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let (from, local) = (scene.docker("app:v1"), scene.folder.at("oci", "o", ":v1"));
    for (from, to) in [(&from, &local), (&local, &scene.docker("new:v1")), (&from, &scene.docker("third:v1"))] {
        let run = stevedore(&["copy", "--all", "--limit-rate", "100MiB/s", from, to]).ok();
        assert_eq!(run.text(), image.digest, "{to}");
    }
    assert_eq!(scene.digest("new", "v1"), image.digest);
}

#[test]
fn what_is_no_rate_is_refused() {
    for rate in ["0", "fast", "1.5MiB", "-1", "2Mib", "", "99999999999TiB"] {
        let run = stevedore(&["copy", &format!("--limit-rate={rate}"), "registry.invalid/a", "oci:o"]).code(2);
        assert!(run.stderr.contains("--limit-rate"), "{rate}: {}", run.stderr);
    }
}
