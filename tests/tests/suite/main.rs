//! What users rely on, end to end over a socket, on SQLite and on PostgreSQL. One program, so that it links once.
mod pages;
mod requests;
