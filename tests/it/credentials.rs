//! Logins that other tools wrote, and ours as they read them.

use std::fs;

use stevedore::registry::Login;
use stevedore::registry::credentials::{AuthFile, Dialect, Files, Helpers, Kept, Source, erase, store};

use crate::support::oracle::oracle;

const HOST: &str = "registry.example:5000";

#[test]
fn other_tools_read_what_is_stored() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("config.json");
    let text = path.to_str().expect("text").to_owned();
    for dialect in [Dialect::Docker, Dialect::Podman] {
        let file = AuthFile { path: path.clone(), dialect };
        for host in [HOST, "docker.io"] {
            let login = Login::password("me", "p:w");
            assert_eq!(store(&file, host, &login, &Helpers::default()).expect("kept"), Kept::File);
            if let Some(skopeo) = oracle("skopeo") {
                let run = skopeo.run(&["login", "--get-login", "--authfile", &text, host]);
                assert_eq!(run.text().trim(), "me", "{dialect:?} {host}");
            }
            // Podman's key for Docker Hub is one that crane does not look for.
            let crane_looks = matches!(dialect, Dialect::Docker) || host == HOST;
            if let Some(crane) = oracle("crane").filter(|_| crane_looks) {
                let mut command = crane.command(&["auth", "get", host]);
                let output = command.env("DOCKER_CONFIG", folder.path()).output().expect("runs");
                let printed = String::from_utf8(output.stdout).expect("text");
                assert_eq!(printed.trim(), r#"{"Username":"me","Secret":"p:w"}"#, "{dialect:?} {host}");
            }
        }
        assert!(erase(&file, "docker.io", &Helpers::default()).expect("forgotten"));
        fs::remove_file(&path).expect("removed");
    }
}

#[test]
fn what_other_tools_store_is_read() {
    let Some(crane) = oracle("crane") else { return };
    for host in [HOST, "docker.io"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = crane.command(&["auth", "login", host, "-u", "me", "-p", "p:w"]);
        let output = command.env("DOCKER_CONFIG", folder.path()).output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let file = AuthFile { path: folder.path().join("config.json"), dialect: Dialect::Docker };
        let files = Files::new(vec![Source::File(file.clone())], Helpers::default());
        assert_eq!(files.find(host, "team/app").expect("readable"), Some(Login::password("me", "p:w")));
        assert!(erase(&file, host, &Helpers::default()).expect("forgotten"));
    }
}
