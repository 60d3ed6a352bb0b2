//! `--list`: what the mirrors have.

use std::cmp::Reverse;

use anyhow::Result;
use binpkg::index::Record;
use binpkg::names::compare_versions;
use mirror::catalog::Purpose;

use crate::choose::records_of;
use crate::out;
use crate::plan::hash_text;
use crate::progress::Mode;
use crate::request::Request;
use crate::select::Selector;
use crate::supply::Supply;
use crate::wishes::Flags;

/// Prints the builds of packages, the newest version first; without a package the names of all.
pub(super) fn run(requests: &[Request], selector: &Selector, supply: &mut Supply<'_>) -> Result<()> {
    supply.purpose = Purpose::Query;
    let is_json = supply.reporter.mode() == Mode::Json;
    if requests.is_empty() {
        let names = supply.names()?;
        return match is_json {
            true => out::print_json(&names),
            false => out::print(&names.iter().map(|name| format!("{name}\n")).collect::<String>()),
        };
    }
    let mut records = Vec::new();
    for request in requests {
        let Some(name) = request.name() else {
            supply
                .reporter
                .warn(&format!("{request} is a file, and no package of a mirror"));
            continue;
        };
        let mut of_name = records_of(&supply.records(name)?);
        of_name.retain(|record| {
            request
                .version
                .as_ref()
                .is_none_or(|version| record.version == *version)
        });
        if of_name.is_empty() {
            supply.reporter.warn(&format!("the mirrors have no {request}"));
        }
        sort(&mut of_name);
        records.extend(of_name);
    }
    if is_json {
        return out::print_json(&records);
    }
    out::print_table(&records.iter().map(|record| row(record, selector)).collect::<Vec<_>>())
}

/// The newest version first, and of one version what was published last.
fn sort(records: &mut [Record]) {
    records.sort_by(|one, two| {
        compare_versions(two.version.as_str(), one.version.as_str())
            .then_with(|| (Reverse(one.published), &one.filename).cmp(&(Reverse(two.published), &two.filename)))
    });
}

fn row(record: &Record, selector: &Selector) -> Vec<String> {
    let platform = record.platform.as_ref().map_or_else(
        || "unknown".to_owned(),
        |platform| match platform.is_empty() {
            true => "any".to_owned(),
            false => platform.values().cloned().collect::<Vec<_>>().join("-"),
        },
    );
    let flags = record
        .use_flags
        .as_ref()
        .map_or_else(String::new, |flags| Flags(flags).to_string());
    let runs = match selector.why_not(record) {
        Some(why) => format!("not here: {why}"),
        None => String::new(),
    };
    let hash = match &record.config_hash_full {
        // As many digits as the mirror needs to tell its builds apart.
        Some(full) if record.config_hash.as_str().len() <= 8 => hash_text(Some(full)),
        _ => record.config_hash.to_string(),
    };
    vec![
        record.name.to_string(),
        record.version.to_string(),
        hash,
        record.file_hash.to_string(),
        out::bytes(record.size),
        platform,
        if flags.is_empty() { "-".to_owned() } else { flags },
        runs,
    ]
}
