//! A trusted root, a zero byte, and a bundle from outside: never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stevedore::sign::Keyless;
use stevedore::sign::blob::{self, Artifact};
use stevedore::sign::keyless::{Identity, Pattern, TrustedRoot};

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (root, bundle) = data.split_at(end);
    let Ok(root) = TrustedRoot::parse(root) else { return };
    let identity = Identity { subject: Pattern::exact("a@example.com"), issuer: Pattern::exact("https://example.com") };
    let artifact = Artifact::of_content(b"content".to_vec());
    let _ = blob::verify(bundle.get(1..).unwrap_or_default(), &artifact, &Keyless::new(root, identity), 1 << 20);
});
