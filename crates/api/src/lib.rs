//! How it is asked: HTTP, the OpenAPI document, identity, configuration and the program `kundansvar`.
//!
//! `http` holds the one way of every operation; each room has a file of its own under `rooms`, and what it prints under
//! `pages`.
pub mod broker;
pub mod delivering;
pub mod demo;
pub mod http;
pub mod identity;
pub mod listening;
pub mod mailing;
pub mod mapping;
pub mod pages;
pub mod program;
pub mod rooms;
pub mod server;
pub mod signing;

pub use server::{Clock, Running, StartError, State, choose_tls, open, run, start};
