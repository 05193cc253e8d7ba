//! Manifests and configs from outside: never a panic, and what parses keeps its bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stevedore::config::Config;
use stevedore::digest::Digest;
use stevedore::manifest::Manifest;

fuzz_target!(|data: &[u8]| {
    if let Ok(manifest) = Manifest::parse(data, None) {
        assert_eq!(manifest.raw(), data);
        let again = Manifest::parse_verified(data, Some(manifest.media_type()), manifest.digest()).expect("the same again");
        assert_eq!(again.digest(), manifest.digest());
        if !manifest.media_type().is_schema1() {
            assert_eq!(*manifest.digest(), Digest::of(data));
        }
        // An index without its entries is still one.
        let _ = manifest.filter_index(|_| false).expect("filters");
    }
    if let Ok(config) = Config::parse(data) {
        assert_eq!(config.raw(), data);
    }
});
