//! `serve` behind nginx and Caddy: another port and another prefix.
