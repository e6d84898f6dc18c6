//! The program `kundansvar` again, so that this package's tests can start it as a process of its own.
fn main() -> std::process::ExitCode {
    api::program::run()
}
