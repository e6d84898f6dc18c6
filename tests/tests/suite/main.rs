//! What users rely on, end to end over a socket, on SQLite and on PostgreSQL. One program, so that it links once.
#![allow(clippy::disallowed_methods, reason = "tests live in real time")]

mod access;
mod agreements;
mod audit_trail;
mod backlog;
mod broker;
mod calendars;
mod chain;
mod compression;
mod concurrency;
mod connections;
mod demo;
mod deputies;
mod document;
mod event_log;
mod event_stream;
mod examples;
mod forwarding;
mod identity;
mod imports;
mod improvements;
mod intake;
mod measurements;
mod model;
mod outage;
mod overviews;
mod pages;
mod platform;
mod privacy;
mod program;
mod registers;
mod requests;
mod satisfaction;
mod statements;
mod surveys;
mod webhooks;
