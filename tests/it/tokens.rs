//! A key on a token signs by a program: SoftHSM stands for the token, OpenSC's pkcs11-tool asks it, as `docs/SIGNERS.md` has it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::sign::{Room, cosign_verify};
use crate::support::command::{Program, Run};
use crate::support::fixture;
use crate::support::oracle::oracle;
use crate::support::scene::Folder;

const PIN: &str = "1234";

/// Where Debian has the module that is the token.
fn module() -> &'static str {
    let places = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
    places.into_iter().find(|place| Path::new(place).exists()).unwrap_or(places[0])
}

/// A token with nothing on it, in a folder.
struct Token {
    configuration: PathBuf,
}

impl Token {
    fn new(folder: &Folder) -> Token {
        fs::create_dir(folder.path("tokens")).expect("made");
        let configuration = folder.path("softhsm2.conf");
        let text = format!("directories.tokendir = {}\nobjectstore.backend = file\n", folder.text("tokens"));
        fs::write(&configuration, text).expect("written");
        let token = Token { configuration };
        let fixed = ["--init-token", "--free", "--label", "release", "--so-pin", PIN, "--pin", PIN];
        token.run(Program::new("softhsm2-util", &fixed)).ok();
        token
    }

    fn run(&self, program: Program) -> Run {
        program.env("SOFTHSM2_CONF", &self.configuration).run()
    }

    fn make(&self, kind: &str, id: &str) {
        let fixed = ["--module", module(), "--token-label", "release", "--login", "--pin", PIN, "--keypairgen"];
        let more = ["--key-type", kind, "--id", id];
        self.run(Program::new("pkcs11-tool", &[&fixed[..], &more].concat())).ok();
    }

    /// Writes the program that `docs/SIGNERS.md` shows, for one key and its PIN; returns its path.
    fn signer(&self, folder: &Folder, id: &str, pin: &str) -> String {
        let shown =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SIGNERS.md")).expect("the manual");
        let (_, script) = shown.split_once("With a token").expect("a section");
        let (_, script) = script.split_once("```sh\n").expect("a script");
        let (script, _) = script.split_once("```").expect("an end");
        let script = script
            .replace("/usr/lib/softhsm/libsofthsm2.so", module())
            .replace("--id 01", &format!("--id {id}"))
            .replace("--pin env:PIN", &format!("--pin {pin}"));
        let path = folder.path(&format!("{id}-{pin}"));
        fs::write(&path, script).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made executable");
        format!("exec:{}", path.display())
    }
}

/// Keys that never leave the token sign images, cosign verifies them, and a wrong PIN signs nothing.
#[test]
fn a_token_signs() {
    let tools = (oracle("softhsm2-util"), oracle("pkcs11-tool"), oracle("openssl"), oracle("cosign"));
    let (Some(_), Some(_), Some(_), Some(cosign3)) = tools else { return };
    let token_folder = Folder::new();
    let token = Token::new(&token_folder);
    for (kind, id) in [("EC:prime256v1", "01"), ("rsa:2048", "03")] {
        let Some(room) = Room::new(fixture::single) else { return };
        token.make(kind, id);
        let signer = token.signer(&token_folder, id, PIN);
        let (name, docker) = (room.name(), room.scene.docker("app:v1"));
        let wrong = token.signer(&token_folder, id, "9999");
        let failed = token.run(Program::stevedore(&["sign", "--key", &wrong, &docker])).code(1);
        assert!(failed.stderr.contains("cannot sign"), "{kind}: {}", failed.stderr);
        assert!(!room.scene.has("app", &format!("{}.sig", room.image.digest.replace(':', "-"))), "{kind}");
        let public = room.scene.folder.text("public.pem");
        let shown = token.run(Program::stevedore(&["public-key", "--key", &signer])).ok();
        fs::write(&public, shown.stdout).expect("written");
        token.run(Program::stevedore(&["sign", "--key", &signer, &docker])).ok();
        Program::stevedore(&["verify", "--key", &public, &docker]).run().ok();
        let verified = cosign_verify(&cosign3, &public, &[], &name);
        assert_eq!(verified.code, 0, "{kind}: {}", verified.stderr);
        room.verify(&[], &docker).code(12);
    }
}
