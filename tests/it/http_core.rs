//! The server's HTTP core against hostile clients.
//!
//! Each attack that a small server is known to fall for has its test here, named after it. Deadlines are scaled down by the options; what
//! needs a process of its own (limits on files and memory, resident size) runs this very binary again, see [`child`].

#![expect(clippy::unwrap_used, reason = "what fails here is the machine, and its error says enough")]

mod bodies;
mod child;
mod fixture;
mod framing;
mod full;
mod fuzz;
mod memory;
mod responses;
mod slow;
mod stop;
mod tls;
