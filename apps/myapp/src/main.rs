//! Looks up what a number or a word of the trade means: HTTP statuses, signals, exit codes, ports, media types.
//!
//! The tables lie in `<home>/share/myapp`, the settings in `<home>/etc/myapp.conf`.

mod settings;
mod table;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use settings::Settings;
use table::{Entry, Table};

const HELP: &str = "\
Looks up HTTP statuses, signals, exit codes, ports and media types.

Usage: myapp [--table NAME] WORD...
       myapp --list

  WORD          a number (404), a name (sigterm) or a part of the meaning (gateway)
  --table NAME  look in one table only
  --list        list the tables
";

struct Args {
    home: PathBuf,
    list: bool,
    table: Option<String>,
    words: Vec<String>,
}

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1)) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("myapp: error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(args: impl Iterator<Item = OsString>) -> Result<ExitCode, String> {
    let Some(args) = parse(args)? else {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    let settings = Settings::read(&args.home.join("etc/myapp.conf"))?;
    let tables = settings
        .tables
        .iter()
        .filter(|name| args.table.as_ref().is_none_or(|wanted| wanted == *name))
        .map(|name| Table::read(name, &args.home.join("share/myapp").join(format!("{name}.tsv"))))
        .collect::<Result<Vec<_>, _>>()?;
    if let (Some(wanted), true) = (&args.table, tables.is_empty()) {
        return Err(format!(
            "there is no table `{wanted}`; there are: {}",
            settings.tables.join(", ")
        ));
    }
    if args.list {
        for table in &tables {
            println!("{}\t{} entries", table.name, table.entries.len());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut missed = false;
    for word in &args.words {
        let found: Vec<(&Table, &Entry)> = tables
            .iter()
            .flat_map(|table| table.find(word).into_iter().map(move |entry| (table, entry)))
            .take(settings.limit)
            .collect();
        if found.is_empty() {
            eprintln!("myapp: nothing found for `{word}`");
            missed = true;
        }
        for (table, entry) in found {
            println!("{}\t{}\t{}\t{}", table.name, entry.number, entry.name, entry.meaning);
        }
    }
    Ok(if missed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// `None` asks for help.
fn parse(args: impl Iterator<Item = OsString>) -> Result<Option<Args>, String> {
    use lexopt::prelude::{Long, Short, Value, ValueExt};

    let mut parsed = Args {
        home: PathBuf::from("."),
        list: false,
        table: None,
        words: Vec::new(),
    };
    let mut parser = lexopt::Parser::from_args(args);
    let say = |e: lexopt::Error| e.to_string();
    while let Some(arg) = parser.next().map_err(say)? {
        match arg {
            Long("home") => parsed.home = parser.value().map_err(say)?.into(),
            Long("list") | Short('l') => parsed.list = true,
            Long("table") | Short('t') => parsed.table = Some(parser.value().and_then(|v| v.string()).map_err(say)?),
            Long("help") | Short('h') => return Ok(None),
            Value(word) => parsed.words.push(word.string().map_err(say)?),
            other => return Err(say(other.unexpected())),
        }
    }
    if parsed.words.is_empty() && !parsed.list {
        return Err("no word to look up; try `myapp 404`, `myapp --list` or `myapp --help`".to_owned());
    }
    Ok(Some(parsed))
}
