//! Whether a registry is there, and whether a login is good.

use super::answers::is_page;
use super::error::Result;
use super::session::Session;
use super::wire::{Request, Response};

impl Session {
    pub(super) fn ping(&self) -> Result<()> {
        let response = self.send(Request::new("GET", self.registry.url("/v2/")), &[])?;
        match response.status {
            200 => speaks(response),
            401 | 403 => {
                response.discard();
                Ok(())
            }
            _ => Err(self.error(response)),
        }
    }

    pub(super) fn check_login(&self) -> Result<()> {
        // distribution-spec, "Determining Support": the endpoint answers 401 until the login is good.
        speaks(self.expect(Request::new("GET", self.registry.url("/v2/")), &[], &[200])?)
    }
}

/// A web server answers everything with a page, with any login.
fn speaks(response: Response) -> Result<()> {
    if response.header("content-type").is_some_and(is_page) {
        return Err(response.senseless("it is a web page: no registry answers there"));
    }
    response.discard();
    Ok(())
}
