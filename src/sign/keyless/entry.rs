//! Entries of transparency logs: that the log has promised to include one, and that its tree does.
//!
//! Two generations of logs are known. The first signs a promise with the time; of the second there are only proofs, and the time comes from
//! elsewhere. Rekor's own description: <https://github.com/sigstore/rekor/blob/main/types.md>

use super::Refusal;
use super::body::Body;
use super::checkpoint::Checkpoint;
use super::material::{Entry, Proof};
use super::merkle;
use super::root::Log;
use crate::digest::hex;
use crate::sign::PublicKey;
use crate::sign::encoding::encode;

impl Entry {
    /// Checks that one of the logs has this entry, and returns when it says it came.
    ///
    /// `stamps` are the times that others vouch for.
    pub(super) fn check(&self, logs: &[Log], body: &Body, stamps: &[u64]) -> Result<Option<u64>, Refusal> {
        let mut refused = Refusal::Log;
        for log in logs.iter().filter(|log| log.id == self.log) {
            match self.check_with(log, body, stamps) {
                Ok(time) => return Ok(time),
                Err(refusal) => refused = refusal,
            }
        }
        Err(refused)
    }

    fn check_with(&self, log: &Log, body: &Body, stamps: &[u64]) -> Result<Option<u64>, Refusal> {
        let time = match &self.promise {
            // Logs of the second generation make no promises: there is nothing that one could be checked by.
            Some(_) if body.is_second() => return Err(Refusal::Promise),
            Some(promise) => Some(self.check_promise(log, promise)?),
            None => None,
        };
        if let Some(proof) = &self.proof {
            // Logs of the first generation count over several trees, those of the second in one.
            if body.is_second() && proof.index != self.index {
                return Err(Refusal::Proof);
            }
            proof.check(log, &self.body, body.is_second())?;
        }
        if time.is_none() && !self.is_proven() {
            return Err(Refusal::NoProof);
        }
        let times = time.as_ref().map_or(stamps, std::slice::from_ref);
        match times.iter().find(|time| !log.window.has(**time)) {
            Some(time) => Err(Refusal::LogWindow(*time)),
            None => Ok(time),
        }
    }

    fn check_promise(&self, log: &Log, promise: &[u8]) -> Result<u64, Refusal> {
        let time = self.time.ok_or(Refusal::Malformed("entry of a log"))?;
        let key = log.key.as_ref().map_err(Clone::clone)?;
        if key.verifies(self.promised(time).as_bytes(), promise) { Ok(time) } else { Err(Refusal::Promise) }
    }

    /// Says whether the log with this key has promised to include the entry.
    pub(super) fn is_promised_by(&self, log: &PublicKey) -> bool {
        match (&self.promise, self.time) {
            (Some(promise), Some(time)) => log.verifies(self.promised(time).as_bytes(), promise),
            _ => false,
        }
    }

    /// Returns what a log signs: the canonical JSON (RFC 8785) of the entry, with sorted members, no space, and nothing that is escaped.
    fn promised(&self, time: u64) -> String {
        let id = hex(&self.log);
        let (body, index) = (encode(&self.body), self.index);
        format!(r#"{{"body":"{body}","integratedTime":{time},"logID":"{id}","logIndex":{index}}}"#)
    }
}

impl Proof {
    fn check(&self, log: &Log, body: &[u8], by_name: bool) -> Result<(), Refusal> {
        if let Some(checkpoint) = &self.checkpoint {
            let checkpoint = Checkpoint::parse(checkpoint)?;
            checkpoint.check(log, by_name)?;
            if checkpoint.size != self.size || checkpoint.root != self.root {
                return Err(Refusal::Tree);
            }
        }
        let root = merkle::root(merkle::leaf(body), self.index, self.size, &self.hashes);
        if root == Some(self.root) { Ok(()) } else { Err(Refusal::Proof) }
    }
}
