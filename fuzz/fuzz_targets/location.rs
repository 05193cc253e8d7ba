//! What people type: never a panic, and the printed form means the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stevedore::platform::Platform;
use stevedore::reference::Reference;
use stevedore::transport::Location;

fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<Reference>() {
        assert_eq!(reference.to_string().parse::<Reference>().as_ref(), Ok(&reference));
    }
    if let Ok(location) = text.parse::<Location>() {
        assert_eq!(location.to_string().parse::<Location>().as_ref(), Ok(&location), "{location}");
    }
    let _ = text.parse::<Platform>();
});
