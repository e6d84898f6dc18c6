//! What users rely on, end to end over a socket, on SQLite and on PostgreSQL. One program, so that it links once.
mod audit_trail;
mod chain;
mod concurrency;
mod event_log;
mod outage;
mod program;
mod requests;
