//! What a copy's events add up to, and how that reads: pure, so that the bars and lines can be tested without a terminal.

use std::collections::BTreeMap;

use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::watch::{Event, Outcome};

use super::units;

/// Blobs and bytes so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    blobs: usize,
    bytes: u64,
    finished: usize,
    finished_bytes: u64,
    transferred: u64,
    packed: u64,
    active: BTreeMap<Digest, Active>,
}

/// A blob on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Active {
    /// Bytes so far.
    pub(crate) done: u64,
    /// Bytes in all; 0 when not known.
    pub(crate) total: u64,
}

impl Tally {
    /// Takes an event in.
    pub(crate) fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Planned { blobs, bytes } => {
                self.blobs += blobs;
                // What manifests claim has no bounds.
                self.bytes = self.bytes.saturating_add(*bytes);
            }
            Event::Started { blob } => {
                self.active.insert(blob.digest.clone(), Active { done: 0, total: blob.size });
            }
            Event::Packed { bytes } => {
                self.packed += bytes;
                self.transferred += bytes;
            }
            Event::Resumed { blob, at } => self.active(blob).done = *at,
            Event::Advanced { blob, bytes } => self.advance(blob, *bytes),
            Event::Finished { blob, .. } => {
                self.active.remove(&blob.digest);
                self.finished += 1;
                self.finished_bytes = self.finished_bytes.saturating_add(blob.size);
            }
            _ => {}
        }
    }

    /// Returns the blobs on their way.
    pub(crate) fn in_flight(&self) -> &BTreeMap<Digest, Active> {
        &self.active
    }

    /// Returns the bytes that are where they should be, or on their way there.
    pub(crate) fn done(&self) -> u64 {
        let active: u64 = self.active.values().map(|active| active.done).sum();
        self.finished_bytes.saturating_add(active).min(self.total())
    }

    /// Returns the bytes in all, as far as planned.
    pub(crate) fn total(&self) -> u64 {
        self.bytes.max(self.finished_bytes)
    }

    /// Returns the bytes of the blobs that are where they should be.
    pub(crate) fn finished_bytes(&self) -> u64 {
        self.finished_bytes
    }

    /// Returns the bytes that went through, those sent twice counted twice.
    pub(crate) fn transferred(&self) -> u64 {
        self.transferred
    }

    /// Returns the bytes that have gone into new layers.
    pub(crate) fn packed(&self) -> u64 {
        self.packed
    }

    /// Says whether anything is left to do.
    pub(crate) fn is_busy(&self) -> bool {
        self.finished < self.blobs || !self.active.is_empty() || self.is_packing()
    }

    /// New layers are made before anything is known of what will be copied.
    fn is_packing(&self) -> bool {
        self.blobs == 0 && self.packed > 0
    }

    /// Describes the whole at a rate in bytes a second:
    /// `copy app:v1  62% 1.8/2.9 GB  41 MB/s  eta 27s  (3 of 7 blobs)`.
    pub(crate) fn line(&self, title: &str, rate: u64) -> String {
        if self.is_packing() {
            return format!("{title}  packing layers, {}  {}/s", units::bytes(self.packed), units::bytes(rate));
        }
        let (done, total) = (self.done(), self.total());
        let percent = (u128::from(done) * 100).checked_div(u128::from(total)).unwrap_or(100);
        let mut line = format!("{title}  {percent}% {}  {}/s", units::part(done, total), units::bytes(rate));
        if let Some(seconds) = (total - done).checked_div(rate).filter(|_| done < total) {
            line.push_str(&format!("  eta {}", units::remaining(seconds)));
        }
        line.push_str(&format!("  ({} of {})", self.finished, units::count(self.blobs.max(self.finished), "blob")));
        line
    }

    /// A blob that starts over is read twice, and its bar must not run past its end.
    fn advance(&mut self, blob: &Descriptor, bytes: u64) {
        self.transferred += bytes;
        let active = self.active(blob);
        active.done = match active.total {
            0 => active.done + bytes,
            total => (active.done + bytes).min(total),
        };
    }

    fn active(&mut self, blob: &Descriptor) -> &mut Active {
        self.active.entry(blob.digest.clone()).or_insert(Active { done: 0, total: blob.size })
    }
}

/// Names an outcome as in the JSON events.
pub(crate) fn how(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Existed => "exists",
        Outcome::Mounted => "mounted",
        Outcome::Copied => "sent",
        Outcome::Resumed(_) => "resumed",
    }
}

#[cfg(test)]
mod tests {
    use stevedore::media_type::MediaType;

    use super::*;

    fn blob(name: &str, size: u64) -> Descriptor {
        Descriptor::new(MediaType::OCI_LAYER_GZIP, Digest::of(name.as_bytes()), size)
    }

    #[test]
    fn a_layer_in_the_making() {
        let mut tally = Tally::default();
        tally.hear(&Event::Packed { bytes: 1_000_000 });
        tally.hear(&Event::Packed { bytes: 41_000_000 });
        assert!(tally.is_busy());
        assert_eq!(tally.line("build", 41_000_000), "build  packing layers, 42 MB  41 MB/s");
        tally.hear(&Event::Planned { blobs: 1, bytes: 7_000_000 });
        assert_eq!(tally.line("build", 0), "build  0% 0.0/7.0 MB  0 B/s  (0 of 1 blob)");
    }

    #[test]
    fn a_copy_as_it_goes() {
        let (small, large) = (blob("small", 100_000_000), blob("large", 2_800_000_000));
        let mut tally = Tally::default();
        assert!(!tally.is_busy());
        tally.hear(&Event::Planned { blobs: 2, bytes: 2_900_000_000 });
        assert_eq!(tally.line("copy app:v1", 0), "copy app:v1  0% 0.0/2.9 GB  0 B/s  (0 of 2 blobs)");
        tally.hear(&Event::Started { blob: &small });
        tally.hear(&Event::Started { blob: &large });
        tally.hear(&Event::Advanced { blob: &large, bytes: 1_700_000_000 });
        tally.hear(&Event::Finished { blob: &small, outcome: Outcome::Mounted });
        assert_eq!(
            tally.line("copy app:v1", 41_000_000),
            "copy app:v1  62% 1.8/2.9 GB  41 MB/s  eta 26s  (1 of 2 blobs)"
        );
        // A second attempt reads it all again.
        tally.hear(&Event::Advanced { blob: &large, bytes: 2_000_000_000 });
        assert_eq!(tally.in_flight()[&large.digest], Active { done: 2_800_000_000, total: 2_800_000_000 });
        tally.hear(&Event::Started { blob: &large });
        tally.hear(&Event::Resumed { blob: &large, at: 2_000_000_000 });
        assert_eq!(tally.done(), 2_100_000_000);
        assert!(tally.is_busy());
        tally.hear(&Event::Finished { blob: &large, outcome: Outcome::Resumed(2_000_000_000) });
        assert!(!tally.is_busy());
        assert_eq!(tally.line("copy", 1), "copy  100% 2.9/2.9 GB  1 B/s  (2 of 2 blobs)");
        assert_eq!(tally.finished_bytes(), 2_900_000_000);
    }

    #[test]
    fn sizes_that_nothing_can_have_do_not_overflow() {
        let (one, other) = (blob("one", u64::MAX), blob("other", u64::MAX));
        let mut tally = Tally::default();
        tally.hear(&Event::Planned { blobs: 2, bytes: u64::MAX });
        tally.hear(&Event::Planned { blobs: 1, bytes: u64::MAX });
        for blob in [&one, &other] {
            tally.hear(&Event::Started { blob });
            tally.hear(&Event::Finished { blob, outcome: Outcome::Existed });
        }
        assert_eq!((tally.done(), tally.total()), (u64::MAX, u64::MAX));
        assert!(tally.line("copy", 1).starts_with("copy  100% "));
    }

    #[test]
    fn nothing_planned_is_no_division_by_zero() {
        assert_eq!(Tally::default().line("copy", 0), "copy  100% 0/0 B  0 B/s  (0 of 0 blobs)");
    }
}
