//! The run: tags are listed, images are copied in parallel, destinations pruned and finished.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};

use super::options::Options;
use super::places::{Places, identity, is_kept};
use super::plan::{Images, Line, Plan, Target};
use super::prune::{self, Listed};
use super::report::{Copied, Error, Image, Report};
use crate::class::{Class, Classified};
use crate::copy::{self, Request, Session, Side};
use crate::manifest::is_digest_tag;
use crate::transport::{Location, Source, tag_pages};
use crate::watch::{Cancelled, Watch};

/// Carries a plan out.
///
/// Every image is tried, whatever becomes of the others, unless [`Options::fail_fast`] or [`Options::watch`] says otherwise; those that
/// succeeded are then at their destinations all the same.
pub fn run(plan: &Plan, options: &Options<'_>) -> Report {
    let run = Run {
        plan,
        options,
        session: Session::new(options.jobs, options.watch.clone()),
        places: Places::new(options.open),
        failed: AtomicBool::new(false),
    };
    let listed = run.session.pool().map(&plan.lines, |line| run.list(line));
    let (jobs, refused) = run.jobs(&listed);
    let results = run.session.pool().map(&jobs, |job| run.begins().then(|| run.copy(job)));
    let mut report = run.report(&jobs, results, refused);
    if options.prune && run.begins() {
        report.pruned = prune::prune(options, &run.places, plan, &listed);
    }
    if !options.dry_run {
        run.finish(&jobs, &mut report);
    }
    report
}

struct Run<'a> {
    plan: &'a Plan,
    options: &'a Options<'a>,
    session: Session,
    places: Places<'a>,
    failed: AtomicBool,
}

/// One image of a line; its tag, where the line is for a whole repository.
struct Job<'a> {
    line: &'a Line,
    tag: Option<&'a str>,
}

impl Job<'_> {
    fn source(&self) -> Result<Location, Error> {
        match (&self.line.source, self.tag) {
            (Images::One(location), _) => Ok(location.clone()),
            (Images::Every { series, .. }, tag) => {
                // Whatever a place lists it also has, so its names are taken as they are.
                Ok(series.location(tag.expect("every image of a repository has a tag"))?)
            }
        }
    }

    fn destination(&self) -> Result<Location, Error> {
        Ok(self.line.target.location(self.tag.unwrap_or_default())?)
    }

    fn image(&self, result: Result<Copied, Error>) -> Image {
        let named = |series: String| match self.tag {
            Some(tag) => format!("{}{tag}", series.strip_suffix('*').unwrap_or(&series)),
            None => series,
        };
        let source = self.source().map_or_else(|_| named(self.line.source.to_string()), |source| source.to_string());
        let destination =
            self.destination().map_or_else(|_| named(self.line.target.to_string()), |location| location.to_string());
        Image { line: self.line.number, source, destination, result }
    }
}

impl Run<'_> {
    /// Lists the tags of a line's repository; those of the source as they are, before the filter.
    fn list(&self, line: &Line) -> Listed {
        let Images::Every { series, .. } = &line.source else {
            return Ok(Vec::new());
        };
        if !self.begins() {
            return Err(copy::Error::Cancelled(Cancelled).into());
        }
        let listed = self.places.source(&series.place, &line.source_access).and_then(|source| {
            let names = names(&*source, self.session.watch());
            names.map_err(|error| copy::Error::at(Side::Source, &series.place)(error).into())
        });
        let listed = listed.map(|names| {
            let tags = names.iter().filter_map(|name| series.tag(name));
            tags.map(str::to_owned).collect()
        });
        self.failed.fetch_or(listed.is_err(), Ordering::Relaxed);
        listed
    }

    /// Makes a job of each image. A destination that two lines name goes to the first of them; those that are refused come with the number
    /// of jobs before them.
    fn jobs<'l>(&'l self, listed: &'l [Listed]) -> (Vec<Job<'l>>, Vec<(usize, Image)>) {
        let (mut jobs, mut refused) = (Vec::new(), Vec::new());
        let mut taken: HashMap<String, (usize, String)> = HashMap::new();
        for (line, listed) in self.plan.lines.iter().zip(listed) {
            let tags: Vec<Option<&str>> = match (&line.source, listed) {
                (Images::One(_), _) => vec![None],
                (Images::Every { filter, .. }, Ok(tags)) => {
                    let taken = tags.iter().map(String::as_str).filter(|tag| filter.takes(tag));
                    // What belongs to a digest is no image that anybody would sign; signatures go along as referrers.
                    let taken = taken.filter(|tag| self.options.gate.is_none() || !is_digest_tag(tag));
                    let taken: Vec<_> = taken.map(Some).collect();
                    if taken.is_empty() {
                        self.tell_of_nothing(line, tags.len());
                    }
                    taken
                }
                (_, Err(error)) => {
                    let result = Err(error.clone());
                    refused.push((jobs.len(), Job { line, tag: None }.whole(result)));
                    continue;
                }
            };
            for tag in tags {
                let job = Job { line, tag };
                match (job.source(), job.destination()) {
                    (Ok(source), Ok(destination)) => match taken.entry(located(&destination)) {
                        Entry::Vacant(free) => {
                            free.insert((line.number, source.to_string()));
                            jobs.push(job);
                        }
                        // The same once more changes nothing.
                        Entry::Occupied(other) if other.get().1 == source.to_string() => {}
                        Entry::Occupied(other) => {
                            let taken = Error::Taken { line: other.get().0 };
                            refused.push((jobs.len(), job.image(Err(taken))));
                        }
                    },
                    (Err(error), _) | (_, Err(error)) => refused.push((jobs.len(), job.image(Err(error)))),
                }
            }
        }
        self.failed.fetch_or(!refused.is_empty(), Ordering::Relaxed);
        (jobs, refused)
    }

    /// Says that a line copies nothing: a filter may have a mistake in it.
    fn tell_of_nothing(&self, line: &Line, tags: usize) {
        let why = match tags {
            0 => "it lists no tags".to_owned(),
            1 => "the one tag there is not matched".to_owned(),
            tags => format!("none of the {tags} tags there is matched"),
        };
        self.session.watch().note(&format!("line {}: nothing is copied from {}: {why}", line.number, line.source));
    }

    /// Says whether anything more is to be begun.
    fn begins(&self) -> bool {
        let failed = self.options.fail_fast && self.failed.load(Ordering::Relaxed);
        !failed && !self.session.watch().is_cancelled()
    }

    fn copy(&self, job: &Job<'_>) -> Result<Copied, Error> {
        let result = self.try_copy(job);
        self.failed.fetch_or(result.is_err(), Ordering::Relaxed);
        result
    }

    fn try_copy(&self, job: &Job<'_>) -> Result<Copied, Error> {
        let (from, to) = (job.source()?, job.destination()?);
        let source = self.places.source(&from.place, &job.line.source_access)?;
        let destination = self.places.destination(&to.place, &job.line.destination_access)?;
        let gate = self.options.gate.map(|gate| gate(&from));
        let options = copy::Options {
            platforms: job.line.platforms.clone(),
            referrers: job.line.referrers,
            no_attestations: self.options.no_attestations,
            force: self.options.force,
            no_clobber: self.options.no_clobber,
            max_manifest_bytes: self.options.max_manifest_bytes,
            gate,
            ..copy::Options::default()
        };
        let request =
            Request { source: &*source, from: &from.at, destination: &*destination, to: &to.at, options: &options };
        let copied = match self.options.dry_run {
            true => self.session.compare(&request),
            false => self.session.copy(&request),
        };
        let report = match copied {
            Err(copy::Error::Taken { named, .. }) => {
                let totals = copy::Totals::default();
                return Ok(Copied { at: to, digest: named, up_to_date: false, skipped: true, totals });
            }
            other => other?,
        };
        if !is_kept(&to.place) && !self.options.dry_run {
            destination.finish().map_err(copy::Error::at(Side::Destination, &to.place))?;
        }
        let copy::Report { manifest, up_to_date, totals, .. } = report;
        Ok(Copied { at: to, digest: manifest.digest, up_to_date, skipped: false, totals })
    }

    /// Puts the results in the order of the plan.
    fn report(
        &self,
        jobs: &[Job<'_>],
        results: Vec<Option<Result<Copied, Error>>>,
        refused: Vec<(usize, Image)>,
    ) -> Report {
        let mut report = Report::default();
        let mut refused = refused.into_iter().peekable();
        for (number, (job, result)) in jobs.iter().zip(results).enumerate() {
            while let Some((_, image)) = refused.next_if(|(at, _)| *at == number) {
                report.images.push(image);
            }
            match result {
                Some(result) => report.images.push(job.image(result)),
                None => report.not_begun += 1,
            }
        }
        report.images.extend(refused.map(|(_, image)| image));
        // What was stopped on its way has not failed.
        let before = report.images.len();
        report
            .images
            .retain(|image| image.result.as_ref().err().is_none_or(|error| error.class() != Class::Interrupted));
        report.not_begun += before - report.images.len();
        report
    }

    /// Finishes the destinations. What was copied to one that cannot be finished is not there.
    fn finish(&self, jobs: &[Job<'_>], report: &mut Report) {
        let failed = self.places.finish();
        if failed.is_empty() {
            return;
        }
        let places: HashMap<String, _> = jobs
            .iter()
            .filter_map(|job| job.destination().ok())
            .filter_map(|location| Some((location.to_string(), failed.get(&identity(&location.place))?.clone())))
            .collect();
        for image in &mut report.images {
            if let Some(source) = places.get(&image.destination)
                && image.result.as_ref().is_ok_and(|copied| !copied.up_to_date && !copied.skipped)
            {
                image.result = Err(Error::Finish { source: source.clone() });
            }
        }
    }
}

impl Job<'_> {
    /// The repository as a whole.
    fn whole(&self, result: Result<Copied, Error>) -> Image {
        let (source, destination) = (self.line.source.to_string(), self.line.target.to_string());
        Image { line: self.line.number, source, destination, result }
    }
}

/// Returns what a location is, however its path is spelled.
fn located(location: &Location) -> String {
    Location { place: identity(&location.place), ..location.clone() }.to_string()
}

/// Lists all names of a place.
pub(super) fn names(source: &dyn Source, watch: &Watch) -> crate::transport::Result<Vec<String>> {
    let mut names = Vec::new();
    for page in tag_pages(source) {
        watch.check()?;
        names.extend(page?);
    }
    Ok(names)
}

/// Returns the series that a line writes to as a whole.
pub(super) fn series_of(line: &Line) -> Option<&super::series::Series> {
    match &line.target {
        Target::Every(series) => Some(series),
        Target::One(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::blob::Blob;
    use crate::descriptor::Descriptor;
    use crate::manifest::Manifest;
    use crate::transport::{Error, Result, Selector, Tags};

    /// A place whose second page leads to its first.
    struct Circle;

    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("circle")
        }
    }

    impl Source for Circle {
        fn resolve(&self, _: &Selector) -> Result<Option<Descriptor>> {
            Ok(None)
        }

        fn manifest(&self, at: &Selector) -> Result<Manifest> {
            Err(Error::not_found(at, self))
        }

        fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
            Err(Error::not_found(&blob.digest, self))
        }

        fn tags(&self, after: Option<&str>) -> Result<Tags> {
            let next = if after == Some("a") { "b" } else { "a" };
            Ok(Tags { names: vec![next.into()], next: Some(next.into()) })
        }
    }

    #[test]
    fn a_list_that_leads_in_circles_ends() {
        let error = names(&Circle, &Watch::default()).expect_err("a circle");
        assert_eq!(error.to_string(), "circle: its list of tags leads in circles");
    }
}
