//! Stub.
use super::{Cataloger, Evidence, Package, Unreadable};
use crate::filesystem::Entry;
pub(super) struct Binary;
impl Cataloger for Binary {
    fn name(&self) -> &'static str {
        "binary"
    }
    fn wants(&self, _: &[u8], _: &Entry) -> bool {
        false
    }
    fn read(&self, _: &mut Evidence<'_>, _: &mut Vec<Package>) -> Result<(), Unreadable> {
        Ok(())
    }
}
