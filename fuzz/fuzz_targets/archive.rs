//! Archives from outside: read as a store, as an OCI archive and as a Docker archive.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use stevedore::transport::{ArchivePath, Options, Place, Selector};

fuzz_target!(|data: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("written");
    let options = Options::default();
    for place in [Place::OciArchive, Place::DockerArchive] {
        let Ok(source) = place(ArchivePath::File(file.path().into())).open_source(&options) else {
            continue;
        };
        let _ = source.tags(None);
        if let Ok(manifest) = source.manifest(&Selector::Sole) {
            for blob in manifest.blobs() {
                let _ = source.blob(blob).map(|blob| blob.check());
            }
        }
    }
});
