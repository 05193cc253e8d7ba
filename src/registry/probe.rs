//! Whether a registry is there, and whether a login is good.

use super::error::Result;
use super::session::Session;
use super::wire::Request;

impl Session {
    pub(super) fn ping(&self) -> Result<()> {
        let response = self.send(Request::new("GET", self.registry.url("/v2/")), &[])?;
        if matches!(response.status, 200 | 401 | 403) {
            response.discard();
            return Ok(());
        }
        Err(self.error(response))
    }

    pub(super) fn check_login(&self) -> Result<()> {
        // distribution-spec, "Determining Support": the endpoint answers 401 until the login is good.
        self.expect(Request::new("GET", self.registry.url("/v2/")), &[], &[200]).map(super::wire::Response::discard)
    }
}
