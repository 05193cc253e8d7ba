//! Lists of names, chosen and sorted: `tags` and `catalog`.

use serde_json::json;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::layout::{Layout, tags};
use crate::support::oracle::oracle;
use crate::support::pages::{Asked, Fake, Link, paged_tags};
use crate::support::scene::{Folder, copy};
use crate::support::served::Served;
use crate::support::wire::Reply;

#[test]
fn tags_are_chosen_by_the_patterns_of_sync() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    let (_, manifest) = tags(&image.dir).remove(0);
    let hex = image.digest.replace(':', "-");
    let signature = format!("{hex}.sig");
    for tag in ["v10", "v2", "2.0.0-rc.1", "1.9.0", "latest", &hex, &signature] {
        Layout::open(&image.dir).tag(&manifest, tag);
    }
    let place = folder.at("oci", "app", "");
    let all = "v1 v10 v2 2.0.0-rc.1 1.9.0 latest";
    let table: &[(&[&str], &str)] = &[
        (&["--no-digest-tags"], all),
        (&["--match", "v*"], "v1 v10 v2"),
        (&["--match", "v*", "--match", "latest", "--exclude", "v1*"], "v2 latest"),
        (&["--match", "/^v[0-9]$/"], "v1 v2"),
        (&["--match", "semver:>=1.5,<3"], "v2 1.9.0"),
        (&["--no-digest-tags", "--sort", "name"], "1.9.0 2.0.0-rc.1 latest v1 v10 v2"),
        (&["--no-digest-tags", "--sort", "natural"], "1.9.0 2.0.0-rc.1 latest v1 v2 v10"),
        (&["--no-digest-tags", "--sort", "-semver"], "v10 v2 2.0.0-rc.1 1.9.0 v1 latest"),
        (&["--no-digest-tags", "--sort=semver", "--limit", "2"], "v1 1.9.0"),
        (&["--limit", "2"], "v1 v10"),
    ];
    for (flags, wanted) in table {
        let line: Vec<&str> = ["tags"].iter().chain(*flags).copied().chain([place.as_str()]).collect();
        let text = stevedore(&line).ok().text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text, *wanted, "{flags:?}");
    }
    let json = stevedore(&["tags", "--json", "--match", "v?", "--sort", "-name", &place]).ok().json();
    assert_eq!(json["tags"], json!(["v2", "v1"]));
    for bad in [["--sort", "size"], ["--match", "/("], ["--limit", "0"]] {
        stevedore(&["tags", bad[0], bad[1], &place]).code(2);
    }
}

/// A list is read no further than it has to be.
#[test]
fn a_limit_ends_the_reading() {
    let registry = paged_tags(2500, 100, Link::Relative);
    let place = format!("docker://{}/many", registry.host());
    assert_eq!(stevedore(&["tags", "--limit", "150", &place]).ok().text().lines().count(), 150);
    let pages = || registry.log().iter().filter(|asked| asked.path().ends_with("/tags/list")).count();
    assert_eq!(pages(), 2);
    let last = stevedore(&["tags", "--sort", "-name", "--limit", "1", &place]).ok();
    assert_eq!((last.text(), pages()), ("v02499", 27));
}

/// Every repository is listed, those below a prefix alone, as crane and oras list them.
#[test]
fn a_catalog_is_what_peers_list() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let repositories = ["app", "team/api", "team/web/ui", "teams/x"];
    for repository in repositories {
        copy(&[], &image.reference(), &format!("docker://{}/{repository}:v1", served.host()));
    }
    let list = |line: &[&str]| stevedore(&[&["catalog"], line].concat()).ok().text().to_owned();
    let host = served.host();
    assert_eq!(list(&[&host]), repositories.join("\n"));
    assert_eq!(list(&[&format!("docker://{host}/team")]), "team/api\nteam/web/ui");
    assert_eq!(list(&["--match", "*/*", "--exclude", "teams/*", "--sort", "-name", &host]), "team/web/ui\nteam/api");
    let json = stevedore(&["catalog", "--json", "--limit", "1", &host]).ok().json();
    assert_eq!(json, json!({"registry": host, "repositories": ["app"]}));
    let (Some(crane), Some(oras)) = (oracle("crane"), oracle("oras")) else { return };
    assert_eq!(crane.run(&["catalog", &host]).text(), repositories.join("\n"));
    assert_eq!(oras.run(&["repo", "ls", "--plain-http", &host]).text(), repositories.join("\n"));
}

fn catalog(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| match asked.path() {
        "/v2/_catalog" => answer(asked),
        _ => Reply::json(200, &json!({})),
    })
}

#[test]
fn a_catalog_comes_in_pages_and_not_in_circles() {
    let pages = catalog(|asked| {
        let page: usize = asked.parameter("page").map_or(0, |page| page.parse().expect("a number"));
        let reply = Reply::json(200, &json!({"repositories": [format!("a{page}"), format!("b{page}")]}));
        if page == 2 { reply } else { reply.header("Link", &format!("</v2/_catalog?page={}>; rel=\"next\"", page + 1)) }
    });
    assert_eq!(stevedore(&["catalog", &pages.host()]).ok().text(), "a0\nb0\na1\nb1\na2\nb2");
    let circle = catalog(|asked| {
        let other = if asked.parameter("page").as_deref() == Some("1") { 2 } else { 1 };
        Reply::json(200, &json!({"repositories": ["a"]}))
            .header("Link", &format!("</v2/_catalog?page={other}>; rel=\"next\""))
    });
    let run = stevedore(&["catalog", &circle.host()]).code(5);
    assert!(run.stderr.contains("leads in circles"), "{}", run.stderr);
    let broken = catalog(|asked| match asked.parameter("page") {
        None => Reply::json(200, &json!({"repositories": null})).header("Link", "</v2/_catalog?page=1>; rel=\"next\""),
        Some(_) => Reply::error(404, "PAGE_UNKNOWN", "no such page"),
    });
    let run = stevedore(&["catalog", &broken.host()]).code(5);
    assert!(run.stderr.contains("the list goes on there"), "{}", run.stderr);
    let page = catalog(|_| Reply::new(200).header("Content-Type", "text/html").body("<html>welcome</html>"));
    let run = stevedore(&["catalog", &page.host()]).code(5);
    assert!(run.stderr.contains("it is a web page"), "{}", run.stderr);
}

/// Who has no list, or shows it to others only, is named together with the status.
#[test]
fn a_refused_catalog_is_told_in_words() {
    for (status, code, words) in [
        (401, 4, "does not list its repositories without a login"),
        (403, 4, "does not list its repositories without a login"),
        (404, 1, "has no list of its repositories"),
        (405, 1, "has no list of its repositories"),
    ] {
        let registry = catalog(move |_| Reply::error(status, "UNSUPPORTED", "not here"));
        let host = registry.host();
        let run = stevedore(&["catalog", &host]).code(code);
        for part in [&format!("{host} {words}: GET http://{host}/v2/_catalog"), &format!("status {status}")] {
            assert!(run.stderr.contains(part), "{status}: {}", run.stderr);
        }
        assert!(run.stderr.contains("hint: "), "{}", run.stderr);
        assert_eq!(run.stdout, b"");
    }
    let registry = catalog(|_| Reply::error(403, "DENIED", "administrators only"));
    let run = stevedore(&["catalog", "--creds", "me:secret", &registry.host()]).code(4);
    assert!(!run.stderr.contains("secret"), "{}", run.stderr);
}
