//! Mirroring: many images, from a file that lists them, in parallel and again and again.
//!
//! A [`Plan`] is what the file says, in lines of our own or skopeo's YAML; [`run`] carries it out over one
//! [`copy::Session`](crate::copy::Session): whole indexes by default, blobs that images share sent once, a failure never stopping the others. What is there already costs two requests
//! an image. Places are opened once, so that all images of a layout or archive get there with one lock and one
//! [`finish`](crate::transport::Transport::finish).
//!
//! ```
//! use stevedore::sync::{Images, Plan};
//!
//! let plan = Plan::parse("docker://alpine:* oci:mirror tags=3.* exclude=*_rc*  # one line for every tag")?;
//! let Images::Every { filter, .. } = &plan.lines[0].source else { panic!("a whole repository") };
//! assert!(filter.takes("3.20") && !filter.takes("3.20_rc1"));
//! # Ok::<(), stevedore::sync::ParseError>(())
//! ```

mod filter;
mod options;
mod order;
mod places;
mod plan;
mod prune;
mod report;
mod run;
mod series;
mod spec;
mod tree;
mod yaml;

pub use filter::{Filter, Pattern, PatternError};
pub use options::{Admission, Open, Options};
pub use order::{Order, OrderError};
pub use plan::{Access, Images, Line, ParseError, Plan, Target};
pub use report::{Copied, Error, Image, Pruned, Report};
pub use run::run;
pub use series::{Series, SeriesError};
pub use yaml::Base;
