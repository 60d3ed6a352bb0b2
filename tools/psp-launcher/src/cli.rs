//! CLI mode (`FLAVOR_LAUNCHER_CLI=1`): the package tells about itself.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use pspf_verify::{Package, Trailer, verify};

use crate::failure::{Code, Failure};
use crate::start::Start;
use crate::system::Status;

const HELP: &str = "\
Commands of a package under FLAVOR_LAUNCHER_CLI=1:
  info                what the package is and what is in it (the default)
  verify              check everything, payloads included
  metadata            the signed metadata JSON
  extract INDEX DIR   write one slot below DIR
  run [ARGS]          run the package's program
  version             the launcher's version
  help                this text
";

/// Runs a command of CLI mode.
///
/// # Errors
/// Exit code 105 for a command or arguments that are not understood; 103 for a slot that cannot be written; 1 for every
/// other failure.
pub fn run(start: &Start<'_>) -> Result<Status, Failure> {
    let args = start.own.program_args();
    let words: Vec<Option<&str>> = args.iter().map(|arg| arg.to_str()).collect();
    match words.as_slice() {
        [] | [Some("info")] => failed(info(start)),
        [Some("verify")] => failed(verify_all(start)),
        [Some("metadata")] => failed(metadata(start)),
        [Some("extract"), Some(index), _] => extract(start, index, Path::new(&args[2])),
        [Some("run"), ..] => start.run(&args[1..]),
        [Some("version")] => failed(print(&format!("psp-launcher {}\n", env!("CARGO_PKG_VERSION")))),
        [Some("help" | "--help" | "-h")] => failed(print(HELP)),
        [Some("extract"), ..] => Err(arguments("expected `extract INDEX DIR`", args)),
        _ => Err(arguments(
            "expected info, verify, metadata, extract, run, version or help",
            args,
        )),
    }
}

fn arguments(expected: &str, args: &[OsString]) -> Failure {
    let found = args.join(std::ffi::OsStr::new(" "));
    Failure::new(Code::Arguments, format!("{expected}, found `{}`", found.display()))
}

/// What fails here is a failed command, whatever made it fail.
fn failed(result: Result<Status, Failure>) -> Result<Status, Failure> {
    result.map_err(|failure| Failure {
        code: Code::Refused,
        ..failure
    })
}

fn print(text: &str) -> Result<Status, Failure> {
    // Flushed here: nobody does it at the end of a process without the standard runtime's start.
    let mut stdout = std::io::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // Whoever closed the pipe has seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::caused(Code::Io, "cannot write to stdout", &error))
        }
        _ => Ok(0),
    }
}

fn info(start: &Start<'_>) -> Result<Status, Failure> {
    let package = open(start)?;
    let metadata = package.metadata();
    let mut text = format!(
        "Package:   {} {}\nFile:      {}\nKey:       {}{}\nSeal:      {}\nSlots:     {}\n",
        metadata.package.name.escape_debug(),
        metadata.package.version.escape_debug(),
        start.own.path.display(),
        package.key().key_id(),
        if metadata.has_development_key() {
            " (development key)"
        } else {
            ""
        },
        if package.is_sealed() { "yes" } else { "no" },
        package.slots().len(),
    );
    for (index, slot) in package.slots().iter().enumerate() {
        let (id, target) = (slot.entry.id.escape_debug(), slot.entry.target.escape_debug());
        text.push_str(&format!(
            "  [{index}] {id}: {} bytes, {}, to {target}\n",
            slot.size, slot.chain
        ));
    }
    text.push_str("Signature and digests of index and metadata hold; `verify` checks payloads too.\n");
    print(&text)
}

fn open<'a>(start: &'a Start<'_>) -> Result<Package<'a, std::fs::File>, Failure> {
    let trailer = Trailer::read(&start.own.file)?;
    Ok(Package::open(&start.own.file, trailer, start.level())?)
}

fn verify_all(start: &Start<'_>) -> Result<Status, Failure> {
    let report = verify(&start.own.file, start.level())?;
    report
        .warnings
        .iter()
        .for_each(|finding| start.say.warn(&finding.to_string()));
    report
        .refusals
        .iter()
        .for_each(|finding| start.say.error(&finding.to_string()));
    match report.is_ok() {
        true => print("The package is whole: signature, digests and every payload hold.\n"),
        false => Ok(Code::Refused as Status),
    }
}

fn metadata(start: &Start<'_>) -> Result<Status, Failure> {
    let package = open(start)?;
    print(&String::from_utf8_lossy(package.metadata_json()))
}

/// Unpacks one slot as a start would, below `directory`.
fn extract(start: &Start<'_>, index: &str, directory: &Path) -> Result<Status, Failure> {
    let package = open(start)?;
    let count = package.slots().len();
    let position = index.parse().ok().filter(|position: &usize| *position < count);
    let Some(position) = position else {
        let what = format!("expected a slot index below {count}, found `{index}`");
        return Err(Failure::new(Code::Arguments, what));
    };
    crate::unpack::unpack_one(&package, position, directory, start.say)?;
    Ok(0)
}
