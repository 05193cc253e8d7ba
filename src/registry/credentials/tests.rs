//! Reading, helpers and writing, against files in a temporary folder.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::document::encode;
use super::*;

const HOST: &str = "127.0.0.1:21001";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn docker(path: &Path) -> AuthFile {
    AuthFile { path: path.into(), dialect: Dialect::Docker }
}

fn inline(text: &str, helpers: Helpers) -> Files {
    Files::new(vec![Source::Inline { name: "TEXT".into(), text: text.into() }], helpers)
}

/// Makes a helper of a shell script. Another process writes it: a program that this one has open for writing could not be run.
fn helper(folder: &Path, name: &str, script: &str) -> Helpers {
    let path = folder.join(format!("docker-credential-{name}"));
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    let input = writer.stdin.take().expect("piped");
    { input }.write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).expect("writes");
    assert!(writer.wait().expect("ends").success());
    let mut path = OsString::from(folder);
    path.push(":/usr/bin:/bin");
    Helpers { path: Some(path), ..Helpers::default() }
}

/// A helper that knows `HOST`, and only by that very text.
fn knowing(folder: &Path) -> Helpers {
    let script = format!(
        r#"echo "$1" >> "{}/calls"; read -r host; [ "$host" = {HOST} ] || {{ echo "credentials not found in native keychain"; exit 1; }}
echo '{{"ServerURL":"{HOST}","Username":"me","Secret":"pw"}}'"#,
        folder.display()
    );
    helper(folder, "test", &script)
}

fn me() -> Login {
    Login::password("me", "pw")
}

/// The 13 sources that clients were tried with: each is enough by itself.
#[test]
fn each_source_is_found() {
    let auth = format!(r#"{{"auth":"{}"}}"#, encode("me", "pw"));
    let auths = |key: &str| format!(r#"{{"auths":{{"{key}":{auth}}}}}"#);
    let plain = auths(HOST);
    let home = ".docker/config.json";
    let fields = format!(r#"{{"auths":{{"{HOST}":{{"username":"me","password":"pw"}}}}}}"#);
    let own = format!(r#"{{"credHelpers":{{"{HOST}":"test"}}}}"#);
    let marked = format!(r#"{{"auths":{{"{HOST}":{{}}}},"credsStore":"test"}}"#);
    let legacy = format!(r#"{{"http://{HOST}/v1/":{auth}}}"#);
    for (path, text, variable) in [
        (home, plain.as_str(), ""),
        (home, &fields, ""),
        (home, &auths(&format!("http://{HOST}")), ""),
        (home, &auths(&format!("https://{HOST}/v1/")), ""),
        (home, &auths(&format!("{HOST}/team/app")), ""),
        (home, r#"{"credsStore":"test"}"#, ""),
        (home, &own, ""),
        (home, &marked, ""),
        ("docker/config.json", &plain, "DOCKER_CONFIG=docker"),
        ("run/containers/auth.json", &plain, "XDG_RUNTIME_DIR=run"),
        (".config/containers/auth.json", &plain, ""),
        ("any.json", &plain, "REGISTRY_AUTH_FILE=any.json"),
        ("", &plain, "DOCKER_AUTH_CONFIG"),
        (".dockercfg", &legacy, ""),
        ("etc/containers/auth.json", &plain, "XDG_CONFIG_HOME=etc"),
    ] {
        let folder = folder();
        let mut environment = Environment { home: Some(folder.path().into()), ..Environment::default() };
        environment.xdg_runtime_dir = Some(folder.path().join("none").into());
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        let value = Some(folder.path().join(value).into_os_string());
        match name {
            "DOCKER_CONFIG" => environment.docker_config = value,
            "XDG_RUNTIME_DIR" => environment.xdg_runtime_dir = value,
            "XDG_CONFIG_HOME" => environment.xdg_config_home = value,
            "REGISTRY_AUTH_FILE" => environment.registry_auth_file = value,
            "DOCKER_AUTH_CONFIG" => environment.docker_auth_config = Some(text.into()),
            _ => {}
        }
        if !path.is_empty() {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        let files = environment.files(None, knowing(folder.path()));
        assert_eq!(files.find(HOST, "team/app").expect("readable"), Some(me()), "{variable} {path} {text}");
        assert_eq!(files.find("other.example", "team/app").expect("readable"), None, "{variable} {path} {text}");
    }
}

#[test]
fn entries() {
    let (me, you) = (encode("me", "p:w"), encode("you", "pw\0\0"));
    for (text, host, repository, expected) in [
        (format!(r#"{{"auths":{{"h":{{"auth":"{me}"}}}}}}"#), "h", "", Some(Login::password("me", "p:w"))),
        (
            format!(r#"{{"auths":{{"h":{{"auth":"{}"}}}}}}"#, me.trim_end_matches('=')),
            "h",
            "",
            Some(Login::password("me", "p:w")),
        ),
        (format!(r#"{{"auths":{{"h":{{"auth":"{you}"}}}}}}"#), "h", "", Some(Login::password("you", "pw"))),
        (
            format!(r#"{{"auths":{{"h":{{"auth":"{me}"}},"h/a":{{"auth":"{you}"}}}}}}"#),
            "h",
            "a/b",
            Some(Login::password("you", "pw")),
        ),
        (
            format!(r#"{{"auths":{{"h":{{"auth":"{me}"}},"h/a":{{"auth":"{you}"}}}}}}"#),
            "h",
            "ab",
            Some(Login::password("me", "p:w")),
        ),
        (format!(r#"{{"auths":{{"h/a":{{"auth":"{you}"}}}}}}"#), "h", "b", None),
        (
            format!(r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{you}"}}}}}}"#),
            "docker.io",
            "library/alpine",
            Some(Login::password("you", "pw")),
        ),
        (
            format!(r#"{{"auths":{{"h":{{"auth":"{me}","identitytoken":"t"}}}}}}"#),
            "h",
            "",
            Some(Login::IdentityToken { token: "t".into() }),
        ),
        (r#"{"auths":{"h":{"registrytoken":"t"}}}"#.into(), "h", "", Some(Login::Bearer { token: "t".into() })),
        (r#"{"auths":{"h":{"username":"me"}}}"#.into(), "h", "", None),
        (
            r#"{"auths":{"h":{"auth":"","username":"me","password":""}}}"#.into(),
            "h",
            "",
            Some(Login::password("me", "")),
        ),
        (r#"{"auths":{"h":null},"credHelpers":null,"credsStore":null,"psFormat":1}"#.into(), "h", "", None),
        (r#"{"auths":null}"#.into(), "h", "", None),
        (" \n".into(), "h", "", None),
        // An empty name exempts a host from the helper for all; that helper does not exist.
        (r#"{"credHelpers":{"h":""},"credsStore":"nowhere"}"#.into(), "h", "", None),
        (r#"{"credHelpers":{"h":null},"credsStore":"nowhere"}"#.into(), "h", "", None),
        (
            r#"{"credHelpers":{"x":null},"auths":{"h":{"registrytoken":"t"}}}"#.into(),
            "h",
            "",
            Some(Login::Bearer { token: "t".into() }),
        ),
    ] {
        let found = inline(&text, Helpers::default()).find(host, repository).expect(&text);
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{text}");
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn the_first_place_wins() {
    let source = |user: &str, host: &str| Source::Inline {
        name: user.into(),
        text: format!(r#"{{"auths":{{"{host}":{{"auth":"{}"}}}}}}"#, encode(user, "pw")),
    };
    let missing = Source::File(docker(Path::new("/nonexistent/config.json")));
    let files = Files::new(vec![missing, source("a", "other"), source("b", "h"), source("c", "h")], Helpers::default());
    assert_eq!(files.find("h", "").expect("readable"), Some(Login::password("b", "pw")));
    assert_eq!(files.places(), ["/nonexistent/config.json (not there)", "a", "b", "c"]);
    let findings: Vec<_> = files.explain("h", "").iter().map(Finding::to_string).collect();
    let expected = ["/nonexistent/config.json: not there", "a: nothing", r#"b: the entry "h""#, r#"c: the entry "h""#];
    assert_eq!(findings, expected);
    assert!(!format!("{files:?}").contains(&encode("b", "pw")));
}

#[test]
fn broken_texts_are_named_with_their_place() {
    for (text, message) in [
        ("{\n  \"auths\": {,}\n}", "TEXT is broken at line 2, column 13: key must be a string"),
        ("{\"auths\": {}", "TEXT is broken at line 1, column 12: EOF while parsing an object"),
        // The value is not repeated: it may be a secret.
        (
            "{\"auths\":\n{\"h\": \"c2VjcmV0\"}}",
            "TEXT is broken at line 2, column 16: a member has the wrong type or stands twice",
        ),
        (r#"{"auths":{"h":{"auth":"!"}}}"#, "the entry \"h\" in TEXT is malformed: `auth` is not base64"),
        (r#"{"auths":{"h":{"auth":"bWU="}}}"#, "the entry \"h\" in TEXT is malformed: `auth` has no colon"),
    ] {
        let error = inline(text, Helpers::default()).find("h", "").expect_err(text);
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn files_that_cannot_be_read() {
    let folder = folder();
    fs::write(folder.path().join("file"), "").expect("written");
    let find = |path: &Path| Files::new(vec![Source::File(docker(path))], Helpers::default()).find("h", "");
    assert_eq!(find(&folder.path().join("file/config.json")).expect("cannot exist"), None);
    let error = find(folder.path()).expect_err("a folder is no file");
    assert_eq!(error.to_string(), format!("cannot read {}", folder.path().display()));
    let large = folder.path().join("large");
    fs::File::create(&large).and_then(|file| file.set_len(MAX_FILE + 1)).expect("made");
    assert_eq!(
        find(&large).expect_err("large").to_string(),
        format!("{} is larger than 4194304 bytes", large.display())
    );
}

#[test]
fn helpers_are_asked_once() {
    let folder = folder();
    let files = inline(r#"{"credsStore":"test"}"#, knowing(folder.path()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(files.find(HOST, "a").expect("answers"), Some(me())));
        }
    });
    assert_eq!(files.find("other", "a").expect("answers"), None);
    assert_eq!(files.find("other", "b").expect("answers"), None);
    assert_eq!(fs::read_to_string(folder.path().join("calls")).expect("called"), "get\nget\n");
    assert_eq!(files.explain(HOST, "")[0].to_string(), "TEXT: docker-credential-test");
}

#[test]
fn what_helpers_answer() {
    let token = Login::IdentityToken { token: "t".into() };
    for (script, expected) in [
        (r#"echo '{"Username":"<token>","Secret":"t"}'"#, Ok(Some(token))),
        (r#"echo '{"Username":"","Secret":""}'"#, Ok(None)),
        // Go's JSON reader takes these.
        (r#"echo '{"username":"me","secret":"pw"}'"#, Ok(Some(me()))),
        (r#"echo '{"ServerURL":null,"USERNAME":"me","SECRET":"pw"}'"#, Ok(Some(me()))),
        (r#"echo '{"Username":null,"Secret":null}'"#, Ok(None)),
        ("echo 'credentials not found in native keychain' >&2; exit 1", Ok(None)),
        (r#"[ "$(cat)" = https://index.docker.io/v1/ ] && echo '{"Username":"me","Secret":"pw"}'"#, Ok(Some(me()))),
        ("echo one; echo two >&2; exit 3", Err("exit status: 3: two; one")),
        (r#"echo '{"Secret":"hidden"}'; exit 1"#, Err("exit status: 1: it said nothing")),
        ("echo nonsense", Err("its answer is not the JSON of the protocol")),
        ("yes | head -c 3000000", Err("its answer is not the JSON of the protocol")),
    ] {
        let folder = folder();
        let files = inline(r#"{"credHelpers":{"docker.io":"x"}}"#, helper(folder.path(), "x", script));
        match (files.find("docker.io", "library/a"), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{script}"),
            (Err(Error::Helper(error)), Err(expected)) => {
                assert_eq!(error.to_string(), "docker-credential-x cannot get the login");
                assert_eq!(error.source.to_string(), expected, "{script}");
            }
            (found, _) => panic!("{script}: {found:?}"),
        }
    }
}

#[test]
fn helpers_that_cannot_be_run() {
    let folder = folder();
    let mut helpers = helper(folder.path(), "slow", "exec sleep 60");
    helpers.timeout = Duration::from_millis(300);
    for (name, expected) in [
        ("slow", "no answer within 0.3 s"),
        ("nowhere", "no such program on the search path"),
        ("../slow", "a helper's name must not be empty or contain a path separator"),
    ] {
        let error = inline(&format!(r#"{{"credsStore":"{name}"}}"#), helpers.clone()).find("h", "").expect_err(name);
        let Error::Helper(error) = error else { panic!("{error}") };
        assert_eq!(error.source.to_string(), expected);
    }
}

#[test]
fn what_is_written() {
    let auth = encode("me", "pw");
    let entry = format!("{{\n\t\t\t\"auth\": \"{auth}\"\n\t\t}}");
    for (dialect, before, host, after) in [
        (Dialect::Docker, None, "h:1", format!("{{\n\t\"auths\": {{\n\t\t\"h:1\": {entry}\n\t}}\n}}")),
        (Dialect::Docker, Some(""), "h:1", format!("{{\n\t\"auths\": {{\n\t\t\"h:1\": {entry}\n\t}}\n}}")),
        (
            Dialect::Docker,
            Some(r#"{"auths":{"docker.io":{"auth":"b2xkOm9sZA=="}},"n":1.50}"#),
            "docker.io",
            format!("{{\n\t\"auths\": {{\n\t\t\"https://index.docker.io/v1/\": {entry}\n\t}},\n\t\"n\": 1.50\n}}"),
        ),
        (
            Dialect::Podman,
            None,
            "index.docker.io",
            format!("{{\n\t\"auths\": {{\n\t\t\"docker.io\": {entry}\n\t}}\n}}"),
        ),
        (
            Dialect::Podman,
            Some(r#"{"auths":{"h":{"auth":"b2xk","email":"e"},"h/a":{}}}"#),
            "h/a",
            format!(
                "{{\n\t\"auths\": {{\n\t\t\"h\": {{\"auth\":\"b2xk\",\"email\":\"e\"}},\n\t\t\"h/a\": {entry}\n\t}}\n}}"
            ),
        ),
        (
            Dialect::Docker,
            Some(r#"{"auths":{"http://h":{},"h":{"username":"old","email":"e"}}}"#),
            "h",
            format!(
                "{{\n\t\"auths\": {{\n\t\t\"h\": {{\n\t\t\t\"email\": \"e\",\n\t\t\t\"auth\": \"{auth}\"\n\t\t}}\n\t}}\n}}"
            ),
        ),
        (Dialect::Legacy, Some("{}"), "h", format!("{{\n\t\"h\": {{\n\t\t\"auth\": \"{auth}\"\n\t}}\n}}")),
    ] {
        let folder = folder();
        let file = AuthFile { path: folder.path().join("a/b/config.json"), dialect };
        if let Some(text) = before {
            fs::create_dir_all(folder.path().join("a/b")).expect("made");
            fs::write(&file.path, text).expect("written");
        }
        assert_eq!(store(&file, host, &me(), &Helpers::default()).expect("kept"), Kept::File);
        assert_eq!(fs::read_to_string(&file.path).expect("there"), after);
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&file.path), 0o600);
        assert!(before.is_some() || mode(&folder.path().join("a")) == 0o700);
        let (registry, repository) = host.split_once('/').unwrap_or((host, ""));
        let files = || Files::new(vec![Source::File(file.clone())], Helpers::default());
        assert_eq!(files().find(registry, repository).expect("readable"), Some(me()), "{after}");
        assert!(erase(&file, host, &Helpers::default()).expect("forgotten"));
        assert!(!erase(&file, host, &Helpers::default()).expect("forgotten"));
        // Nothing is left beside the file: no lock, no temporary file.
        assert_eq!(fs::read_dir(folder.path().join("a/b")).expect("there").count(), 1);
    }
}

#[test]
fn logins_of_other_kinds_and_refusals() {
    let folder = folder();
    let file = docker(&folder.path().join("config.json"));
    let find = || Files::new(vec![Source::File(file.clone())], Helpers::default()).find("h", "").expect("readable");
    for login in [Login::IdentityToken { token: "t".into() }, Login::Bearer { token: "t".into() }, me()] {
        store(&file, "h", &login, &Helpers::default()).expect("kept");
        assert_eq!(find(), Some(login));
    }
    let error = store(&file, "h", &Login::password("a:b", "c"), &Helpers::default()).expect_err("not writable");
    assert_eq!(error.to_string(), format!("cannot store a user name with a colon in {}", file.path.display()));
    assert_eq!(find(), Some(me()));
    fs::write(&file.path, "{\n nonsense").expect("written");
    let error = store(&file, "h", &me(), &Helpers::default()).expect_err("broken");
    assert!(error.to_string().contains("config.json is broken at line 2, column 2"), "{error}");
    assert_eq!(fs::read_to_string(&file.path).expect("there"), "{\n nonsense");
    assert!(!erase(&docker(&folder.path().join("none/config.json")), "h", &Helpers::default()).expect("absent"));
    assert!(!folder.path().join("none").exists());
}

#[test]
fn helpers_keep_and_forget() {
    let folder = folder();
    let state = folder.path().join("state");
    let script = format!(
        r#"case $1 in
store) cat > "{0}";;
get) [ -s "{0}" ] && cat "{0}" || {{ echo "credentials not found in native keychain"; exit 1; }};;
erase) rm "{0}";;
esac"#,
        state.display()
    );
    let helpers = helper(folder.path(), "x", &script);
    let token = Login::IdentityToken { token: "t".into() };
    for (dialect, before, after) in [
        (
            Dialect::Docker,
            r#"{"credsStore":"x"}"#,
            "{\n\t\"credsStore\": \"x\",\n\t\"auths\": {\n\t\t\"h\": {}\n\t}\n}",
        ),
        (
            Dialect::Docker,
            r#"{"auths":{"h":{"auth":"b2xkOm9sZA=="}},"credHelpers":{"h":"x"}}"#,
            "{\n\t\"auths\": {\n\t\t\"h\": {}\n\t},\n\t\"credHelpers\": {\"h\":\"x\"}\n}",
        ),
        (
            Dialect::Podman,
            r#"{"auths":{"h":{"auth":"b2xkOm9sZA=="}},"credHelpers":{"h":"x"}}"#,
            "{\n\t\"auths\": {},\n\t\"credHelpers\": {\"h\":\"x\"}\n}",
        ),
    ] {
        let file = AuthFile { path: folder.path().join("config.json"), dialect };
        fs::write(&file.path, before).expect("written");
        for (login, stored) in [
            (&me(), r#"{"ServerURL":"h","Username":"me","Secret":"pw"}"#),
            (&token, r#"{"ServerURL":"h","Username":"<token>","Secret":"t"}"#),
        ] {
            assert_eq!(store(&file, "h", login, &helpers).expect("kept"), Kept::Helper("x".into()));
            assert_eq!(fs::read_to_string(&file.path).expect("there"), after);
            assert_eq!(fs::read_to_string(&state).expect("stored"), stored);
            let files = Files::new(vec![Source::File(file.clone())], helpers.clone());
            assert_eq!(files.find("h", "").expect("answers").as_ref(), Some(login));
        }
        let error = store(&file, "h", &Login::Bearer { token: "t".into() }, &helpers).expect_err("no way");
        assert_eq!(error.to_string(), "cannot store a bearer token in docker-credential-x");
        assert!(erase(&file, "h", &helpers).expect("forgotten"));
        assert!(!state.exists());
        assert!(!erase(&file, "h", &helpers).expect("forgotten"));
    }
}

#[test]
fn links_are_followed() {
    let folder = folder();
    let file = docker(&folder.path().join("link"));
    symlink("kept/config.json", &file.path).expect("linked");
    for host in ["a", "b"] {
        store(&file, host, &me(), &Helpers::default()).expect("kept");
    }
    assert!(fs::symlink_metadata(&file.path).expect("there").is_symlink());
    let files = Files::new(vec![Source::File(docker(&folder.path().join("kept/config.json")))], Helpers::default());
    assert_eq!(files.find("a", "").expect("readable"), Some(me()));
}

#[test]
fn writers_take_turns() {
    let folder = folder();
    let file = docker(&folder.path().join("config.json"));
    let hosts: Vec<String> = (0..16).map(|number| format!("h{number}")).collect();
    std::thread::scope(|scope| {
        for host in &hosts {
            let file = &file;
            scope.spawn(move || store(file, host, &me(), &Helpers::default()).expect("kept"));
        }
    });
    let files = Files::new(vec![Source::File(file)], Helpers::default());
    for host in &hosts {
        assert_eq!(files.find(host, "").expect("readable"), Some(me()), "{host}");
    }
}
