//! The program `kundansvar`.
fn main() -> std::process::ExitCode {
    api::program::run()
}
