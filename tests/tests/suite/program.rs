//! The program as it is started: what it makes, how it refuses, how it ends.
use std::process::{Command, Output};

use end_to_end::Service;

/// The program with nothing of this process's own settings.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kundansvar-under-test"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KUNDANSVAR_")) {
        command.env_remove(name);
    }
    command.current_dir(std::env::temp_dir());
    command
}

/// Runs a command of the program on the service's own database.
pub fn run(service: &Service, arguments: &[&str]) -> Output {
    let settings = service.settings();
    let mut command = program();
    command.args(arguments).arg("--data-folder").arg(&settings.data_folder);
    if !settings.database_url.is_empty() {
        command.args(["--database-url", &settings.database_url]);
    }
    command.output().expect("the program runs")
}

/// What it wrote, in one text.
pub fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).expect("text")
}
