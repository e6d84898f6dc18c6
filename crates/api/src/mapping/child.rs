//! The child: reads a job, bounds itself, runs the program, writes what came of it. It opens no file, no connection and
//! no clock, and whatever a program makes it do ends with it.
use std::io::{Read, Write};

use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, Error as Unloaded, File, Loader, lex, parse, span},
    unwrap_valr,
};
use jaq_json::Val;
use serde_json::Value;

use super::{Fault, Job, MEMORY, Made, SECONDS};

/// What a mapping has no use for: what happens elsewhere, or ends the program.
const WITHHELD: &[&str] = &[
    "env",
    "now",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "localtime",
    "strflocaltime",
];

/// Runs the job that stands on the standard input.
pub fn run() -> std::process::ExitCode {
    if bound().is_err() {
        return std::process::ExitCode::from(3);
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text).is_ok();
    let Some(job) = serde_json::from_str::<Job>(&text).ok().filter(|_| read) else {
        return std::process::ExitCode::from(2);
    };
    let made = match mapped(&job) {
        Ok(output) => Made::Output(output),
        Err(fault) => Made::Fault(fault),
    };
    let told = serde_json::to_writer(std::io::stdout().lock(), &made).is_ok() && std::io::stdout().flush().is_ok();
    match told {
        true => std::process::ExitCode::SUCCESS,
        false => std::process::ExitCode::from(2),
    }
}

/// Memory and time of this process; and no core file, which would hold what was received.
fn bound() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use rlimit::Resource;
        Resource::CORE.set(0, 0)?;
        Resource::CPU.set(SECONDS, SECONDS + 1)?;
        // Memory of its own; the program's text is mapped besides.
        Resource::AS.set(MEMORY + 1024 * 1024 * 1024, MEMORY + 1024 * 1024 * 1024)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        Resource::DATA.set(MEMORY, MEMORY)?;
    }
    Ok(())
}

fn fault(detail: impl Into<String>) -> Fault {
    Fault {
        line: None,
        column: None,
        detail: detail.into(),
    }
}

/// A fault at a piece of the program.
fn fault_at(program: &str, piece: &str, detail: String) -> Fault {
    let before = &program[..span(program, piece).start.min(program.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Fault {
        line: Some(line),
        column: Some(column),
        detail,
    }
}

fn mapped(job: &Job) -> Result<Vec<Value>, Fault> {
    let withheld = |name: &str| WITHHELD.contains(&name);
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let defs = defs.filter(|def| !withheld(def.name));
    let funs = funs.filter(|(name, ..)| !withheld(name));
    let code = job.program.as_str();
    let arena = Arena::default();
    let modules = Loader::new(defs)
        .load(&arena, File { code, path: () })
        .map_err(|errors| unloaded(code, errors.into_iter().map(|(_, error)| error)))?;
    let filter = Compiler::default()
        .with_funs(funs)
        .with_global_vars(["$system", "$receivedAt"])
        .compile(modules)
        .map_err(|errors| uncompiled(code, errors.into_iter().flat_map(|(_, errors)| errors)))?;
    let Some(input) = &job.input else { return Ok(vec![]) };
    let input: Val = serde_json::from_str(input).map_err(|e| fault(format!("The document cannot be read: {e}.")))?;
    let told = [job.system.as_str(), job.received_at.as_str()].map(|text| Val::from(text.to_owned()));
    let ctx = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new(told));
    let mut output = vec![];
    for made in filter.id.run((ctx, input)).map(unwrap_valr) {
        let made = made.map_err(|e| fault(format!("The mapping failed: {e}.")))?;
        if output.len() == domain::connections::MOST_OUTPUTS {
            let most = domain::connections::MOST_OUTPUTS;
            return Err(fault(format!("The mapping makes more than {most} documents of one.")));
        }
        // What jq can hold and JSON cannot (not a number, keys that are no text) shows here.
        let value = serde_json::from_str(&made.to_string());
        output.push(value.map_err(|_| fault("The mapping made something that is no JSON."))?);
    }
    Ok(output)
}

fn unloaded<'s>(code: &'s str, errors: impl Iterator<Item = Unloaded<&'s str>>) -> Fault {
    for error in errors {
        match error {
            Unloaded::Io(errors) => {
                if let Some((piece, _)) = errors.first() {
                    return fault_at(code, piece, "modules cannot be loaded here".into());
                }
            }
            Unloaded::Lex(errors) => {
                if let Some((expected, piece)) = errors.into_iter().next() {
                    return fault_at(code, piece, format!("expected {}", lexed(&expected)));
                }
            }
            Unloaded::Parse(errors) => {
                if let Some((expected, piece)) = errors.into_iter().next() {
                    return fault_at(code, piece, format!("expected {}", parsed(&expected)));
                }
            }
        }
    }
    fault("The mapping cannot be read.")
}

fn lexed<'s>(expected: &lex::Expect<&'s str>) -> &'s str {
    expected.as_str()
}

fn parsed<'s>(expected: &parse::Expect<&'s str>) -> &'s str {
    expected.as_str()
}

fn uncompiled<'s>(code: &'s str, mut errors: impl Iterator<Item = (&'s str, jaq_core::compile::Undefined)>) -> Fault {
    match errors.next() {
        Some((piece, what)) => fault_at(code, piece, format!("there is no {} {piece}", what.as_str())),
        None => fault("The mapping cannot be compiled."),
    }
}
