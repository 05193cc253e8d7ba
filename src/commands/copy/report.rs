//! What `copy` says when it is done: the digest or the plan, and one line about what happened.

use std::time::Duration;

use serde::Serialize;
use stevedore::copy::{Report, Step};
use stevedore::transport::Location;

use crate::cli::report;
use crate::cli::units::{self, bytes, count, elapsed};

/// A copy that is done, or planned.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Copied {
    source: String,
    destination: String,
    dry_run: bool,
    #[serde(flatten)]
    pub(crate) report: Report,
}

impl Copied {
    /// Puts the places beside the report.
    pub(crate) fn new(source: &Location, destination: &Location, report: Report, dry_run: bool) -> Self {
        Self { source: source.to_string(), destination: destination.to_string(), dry_run, report }
    }
}

impl report::Report for Copied {
    fn text(&self) -> String {
        if !self.dry_run {
            return format!("{}\n", self.report.manifest.digest);
        }
        self.report.plan.iter().map(|step| step_text(step) + "\n").collect()
    }
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Blob { digest, size, mount: false } => format!("send blob {digest} ({})", bytes(*size)),
        Step::Blob { digest, size, mount: true } => format!("mount or send blob {digest} ({})", bytes(*size)),
        Step::Recompress { digest, size } => format!("recompress and send layer {digest} ({})", bytes(*size)),
        Step::Manifest { digest, name } => {
            let digest = digest.as_ref().map(|digest| format!(" {digest}")).unwrap_or_default();
            let name = name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
            format!("write manifest{digest}{name}")
        }
        _ => "another step".to_owned(),
    }
}

/// Tells in one line what happened:
/// `copied 2 platforms, 5 blobs: 2 sent (2.9 MB), 2 mounted, 1 there already; 0.4 s`.
pub(crate) fn summary(copied: &Copied, time: Duration) -> String {
    let report = &copied.report;
    let time = elapsed(time);
    if copied.dry_run {
        return format!("{} to be done; nothing is written; {time}", count(report.plan.len(), "step"));
    }
    if report.up_to_date {
        return format!("nothing to do, {} is up to date; {time}", copied.destination);
    }
    let totals = &report.totals;
    let noun = if report.choice.is_some() || report.manifest.media_type.is_index() { "platform" } else { "image" };
    let sent = format!("sent ({})", bytes(totals.sent_bytes));
    let counts = [
        (totals.sent, sent.as_str()),
        (totals.recompressed, "of them recompressed"),
        (totals.mounted, "mounted"),
        (totals.existed, "there already"),
        (totals.skipped, "left out"),
    ];
    let (blobs, parts) = (count(totals.blobs(), "blob"), units::counts(&counts));
    let what = [(report.images, noun), (report.referrers, "referrer")];
    let what = what.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun));
    let what = what.collect::<Vec<_>>().join(" and ");
    format!("copied {what}, {blobs}{parts}; {time}")
}

#[cfg(test)]
mod tests {
    use stevedore::copy::Totals;
    use stevedore::descriptor::Descriptor;
    use stevedore::digest::Digest;
    use stevedore::media_type::MediaType;

    use super::*;
    use crate::cli::report::Report as _;

    fn copied() -> Copied {
        let manifest = Descriptor::of(MediaType::OCI_INDEX, b"abc");
        let report = Report {
            source_digest: manifest.digest.clone(),
            manifest,
            choice: None,
            up_to_date: false,
            images: 2,
            referrers: 0,
            totals: Totals { sent: 2, sent_bytes: 2_900_000, mounted: 2, existed: 1, skipped: 0, recompressed: 0 },
            plan: Vec::new(),
        };
        Copied { source: "oci:a".into(), destination: "oci:b".into(), dry_run: false, report }
    }

    #[test]
    fn the_last_line() {
        let mut copied = copied();
        let time = Duration::from_millis(420);
        assert_eq!(
            summary(&copied, time),
            "copied 2 platforms, 5 blobs: 2 sent (2.9 MB), 2 mounted, 1 there already; 0.4 s"
        );
        assert_eq!(copied.text(), format!("{}\n", Digest::of(b"abc")));
        copied.report.up_to_date = true;
        assert_eq!(summary(&copied, time), "nothing to do, oci:b is up to date; 0.4 s");
    }

    #[test]
    fn a_plan() {
        let mut copied = copied();
        copied.dry_run = true;
        let digest = Digest::of(b"x");
        copied.report.plan = vec![
            Step::Blob { digest: digest.clone(), size: 2_900_000, mount: true },
            Step::Blob { digest: digest.clone(), size: 12, mount: false },
            Step::Recompress { digest: digest.clone(), size: 1000 },
            Step::Manifest { digest: Some(digest.clone()), name: None },
            Step::Manifest { digest: None, name: Some("v1".into()) },
        ];
        let text = format!(
            "mount or send blob {digest} (2.9 MB)\nsend blob {digest} (12 B)\nrecompress and send layer {digest} (1.0 kB)\n\
             write manifest {digest}\nwrite manifest as v1\n"
        );
        assert_eq!(copied.text(), text);
        assert_eq!(summary(&copied, Duration::ZERO), "5 steps to be done; nothing is written; 0.0 s");
    }
}
