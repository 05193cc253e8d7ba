//! How a long operation is shown: bars, a line every ten seconds, JSON, or nothing. The only file that knows indicatif.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use serde::Serialize;
use stevedore::copy::Totals;
use stevedore::digest::Digest;
use stevedore::watch::{Event, Watch};

use super::global::{Global, ProgressStyle};
use super::output;
use super::tally::{Tally, how};
use super::units;

/// The pause between lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);
/// The pause between two JSON events about one blob.
const JSON_INTERVAL: Duration = Duration::from_secs(1);
/// More bars than this push everything else off the screen.
const BARS: usize = 8;

/// Shows what goes on. Clones share it.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Shared>);

/// A JSON event, documented in docs/JSON.md.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Line<'a> {
    Planned {
        blobs: usize,
        bytes: u64,
    },
    Packed {
        bytes: u64,
    },
    Blob {
        digest: &'a Digest,
        done: u64,
        total: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        how: Option<&'static str>,
    },
    Retry {
        what: &'a str,
        reason: &'a str,
        attempt: u32,
        delay_ms: u64,
    },
    Note {
        text: &'a str,
    },
    Done {
        digest: &'a Digest,
        blobs: usize,
        bytes: u64,
        totals: &'a Totals,
        seconds: f64,
    },
}

struct Shared {
    style: Style,
    quiet: bool,
    verbose: bool,
    state: Mutex<State>,
    closing: Condvar,
}

enum Style {
    Bars(MultiProgress),
    Plain,
    Json,
    None,
}

#[derive(Default)]
struct State {
    title: String,
    tally: Tally,
    pace: Pace,
    total: Option<ProgressBar>,
    bars: BTreeMap<Digest, ProgressBar>,
    told: BTreeMap<Digest, Instant>,
    told_packed: Option<Instant>,
    closed: bool,
    reporter: Option<JoinHandle<()>>,
}

/// How fast it goes, between two looks.
#[derive(Default)]
struct Pace {
    last: Option<(Instant, u64)>,
    rate: u64,
}

impl Pace {
    /// Returns bytes a second since the last look, or the last answer when that was less than `least` ago.
    fn look(&mut self, transferred: u64, least: Duration) -> u64 {
        let now = Instant::now();
        let (since, before) = *self.last.get_or_insert((now, transferred));
        let time = now.duration_since(since);
        if time >= least && !time.is_zero() {
            self.rate =
                (u128::from(transferred - before) * 1000 / time.as_millis().max(1)).try_into().unwrap_or(u64::MAX);
            self.last = Some((now, transferred));
        }
        self.rate
    }
}

impl Progress {
    /// Chooses how to show progress.
    pub(crate) fn new(flags: &Global) -> Self {
        let bars = || Style::Bars(MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)));
        let style = match flags.progress {
            ProgressStyle::None => Style::None,
            ProgressStyle::Auto if flags.quiet => Style::None,
            ProgressStyle::Json => Style::Json,
            ProgressStyle::Auto | ProgressStyle::Bar if output::can_draw() => bars(),
            ProgressStyle::Auto | ProgressStyle::Bar | ProgressStyle::Plain => Style::Plain,
        };
        let (quiet, verbose) = (flags.quiet, flags.verbose > 0);
        Self(Arc::new(Shared { style, quiet, verbose, state: Mutex::default(), closing: Condvar::new() }))
    }

    /// Makes the watch that feeds this.
    pub(crate) fn watch(&self) -> Watch {
        let shared = Arc::clone(&self.0);
        Watch::new(move |event| shared.hear(event))
    }

    /// Names what goes on: `copy app:v1`.
    pub(crate) fn title(&self, title: &str) {
        title.clone_into(&mut self.0.state().title);
    }

    /// Says whether standard error holds JSON objects only.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.0.style, Style::Json)
    }

    /// Writes a line to standard error, above the bars if there are any.
    pub(crate) fn line(&self, text: &str) {
        self.0.line(text);
    }

    /// Writes a note, as an event where those are wanted.
    pub(crate) fn note(&self, text: &str) {
        self.0.note(text);
    }

    /// Tells that a copy has ended well.
    pub(crate) fn done(&self, digest: &Digest, totals: &Totals, elapsed: Duration) {
        if !self.is_json() {
            return;
        }
        let bytes = self.0.state().tally.finished_bytes();
        let seconds = elapsed.as_millis() as f64 / 1000.0;
        self.0.event(&Line::Done { digest, blobs: totals.blobs(), bytes, totals, seconds });
    }

    /// Takes the bars away and ends the lines.
    pub(crate) fn close(&self) {
        let mut state = self.0.state();
        state.closed = true;
        state.total = None;
        state.bars.clear();
        let reporter = state.reporter.take();
        drop(state);
        self.0.closing.notify_all();
        if let Style::Bars(bars) = &self.0.style {
            // A terminal that cannot be cleared keeps its bars, no more.
            let _: io::Result<()> = bars.clear();
        }
        if let Some(reporter) = reporter {
            // A reporter that panicked has said so itself.
            let _ = reporter.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(self: &Arc<Self>, event: &Event<'_>) {
        match event {
            Event::Note { text } => return self.note(text),
            Event::Retrying { what, reason, attempt, delay } => return self.retry(what, reason, *attempt, *delay),
            Event::Finished { blob, outcome } if self.verbose && !matches!(self.style, Style::Json) => {
                self.line(&format!("blob {} ({}): {}", blob.digest, units::bytes(blob.size), how(*outcome)));
            }
            _ => {}
        }
        let mut state = self.state();
        state.tally.hear(event);
        if state.closed {
            return;
        }
        match &self.style {
            Style::Bars(bars) => state.draw(bars, event),
            Style::Plain => self.start_reporter(&mut state),
            Style::Json => {
                if let Some(line) = state.describe(event) {
                    self.event(&line);
                }
            }
            Style::None => {}
        }
    }

    fn note(&self, text: &str) {
        match self.style {
            Style::Json => self.event(&Line::Note { text }),
            _ if self.quiet => {}
            _ => self.line(&format!("note: {text}")),
        }
    }

    fn retry(&self, what: &str, reason: &str, attempt: u32, delay: u64) {
        match self.style {
            Style::Json => self.event(&Line::Retry { what, reason, attempt, delay_ms: delay }),
            _ if self.quiet => {}
            _ => {
                let pause = units::elapsed(Duration::from_millis(delay));
                // The reason often names the request itself.
                let reason = reason.strip_prefix(what).unwrap_or(reason).trim_start_matches([':', ' ']);
                self.line(&format!("retry: {what}: {reason}; attempt {attempt} in {pause}"));
            }
        }
    }

    fn line(&self, text: &str) {
        match &self.style {
            Style::Bars(bars) => bars.suspend(|| output::line(text)),
            _ => output::line(text),
        }
    }

    fn event(&self, event: &Line<'_>) {
        output::line(&serde_json::to_string(event).expect("an event has text keys and finite numbers"));
    }

    /// Starts the thread that writes a line now and then, once there is something to write about.
    fn start_reporter(self: &Arc<Self>, state: &mut State) {
        if state.reporter.is_some() {
            return;
        }
        state.pace.look(0, INTERVAL);
        let shared = Arc::clone(self);
        // Without a thread there are no lines, and the work goes on.
        state.reporter = std::thread::Builder::new().name("progress".into()).spawn(move || shared.report()).ok();
    }

    fn report(&self) {
        let mut state = self.state();
        while !state.closed {
            let (next, timeout) = self.closing.wait_timeout(state, INTERVAL).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if timeout.timed_out() && !state.closed && state.tally.is_busy() {
                let transferred = state.tally.transferred();
                let rate = state.pace.look(transferred, Duration::ZERO);
                output::line(&state.tally.line(&state.title, rate));
            }
        }
    }
}

impl State {
    fn draw(&mut self, bars: &MultiProgress, event: &Event<'_>) {
        let rate = self.pace.look(self.tally.transferred(), JSON_INTERVAL);
        let line = self.tally.line(&self.title, rate);
        let total = self.total.get_or_insert_with(|| bars.add(ProgressBar::new(0).with_style(style("{bar:24} {msg}"))));
        total.set_length(self.tally.total());
        total.set_position(self.tally.done());
        total.set_message(line);
        match event {
            Event::Finished { blob, .. } => {
                if let Some(bar) = self.bars.remove(&blob.digest) {
                    bar.finish_and_clear();
                    bars.remove(&bar);
                }
            }
            Event::Started { blob } | Event::Resumed { blob, .. } | Event::Advanced { blob, .. } => {
                self.draw_blob(bars, &blob.digest);
            }
            _ => {}
        }
    }

    fn draw_blob(&mut self, bars: &MultiProgress, digest: &Digest) {
        let Some(active) = self.tally.in_flight().get(digest) else {
            return;
        };
        if !self.bars.contains_key(digest) {
            if self.bars.len() == BARS {
                return;
            }
            let bar = ProgressBar::new(active.total).with_style(style("  {prefix} {bar:16} {msg}"));
            self.bars.insert(digest.clone(), bars.add(bar.with_prefix(digest.short().to_owned())));
        }
        let bar = &self.bars[digest];
        bar.set_position(active.done);
        bar.set_message(units::part(active.done, active.total));
    }

    /// Returns the JSON event for an event, unless there was one about the blob a moment ago.
    fn describe<'a>(&mut self, event: &Event<'a>) -> Option<Line<'a>> {
        let (blob, done, total, how) = match event {
            Event::Planned { blobs, bytes } => {
                return Some(Line::Planned { blobs: *blobs, bytes: *bytes });
            }
            Event::Packed { .. } => {
                let now = Instant::now();
                let told = self.told_packed.get_or_insert(now);
                if now.duration_since(*told) < JSON_INTERVAL {
                    return None;
                }
                *told = now;
                return Some(Line::Packed { bytes: self.tally.packed() });
            }
            Event::Finished { blob, outcome } => {
                self.told.remove(&blob.digest);
                (blob, blob.size, blob.size, Some(how(*outcome)))
            }
            Event::Advanced { blob, .. } | Event::Resumed { blob, .. } => {
                let active = self.tally.in_flight().get(&blob.digest)?;
                let now = Instant::now();
                let told = self.told.entry(blob.digest.clone()).or_insert(now);
                if now.duration_since(*told) < JSON_INTERVAL {
                    return None;
                }
                *told = now;
                (blob, active.done, active.total, None)
            }
            _ => return None,
        };
        Some(Line::Blob { digest: &blob.digest, done, total, how })
    }
}

/// Styles without color: nothing is lost with `NO_COLOR`.
fn style(template: &str) -> BarStyle {
    BarStyle::with_template(template).expect("the template is a constant").progress_chars("=> ")
}
