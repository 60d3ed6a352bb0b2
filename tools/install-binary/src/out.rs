//! Data for whoever reads standard output.

use std::io::Write as _;

use anyhow::{Context, Result};
use serde::Serialize;

/// Prints text as it is.
///
/// # Errors
/// Standard output is closed.
pub(crate) fn print(text: &str) -> Result<()> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}

/// Prints JSON, one value a line.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_json(value: &impl Serialize) -> Result<()> {
    print(&(serde_json::to_string(value).context("cannot be written as JSON")? + "\n"))
}

/// Prints rows in columns.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_table(rows: &[Vec<String>]) -> Result<()> {
    print(&table(rows))
}

fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell: &String| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// A number of bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} bytes");
    }
    let mut value = count as f64;
    let mut unit = "";
    for next in units {
        if value < 999.95 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns() {
        let rows = [
            vec!["a".into(), "b".into()],
            vec!["long".into(), "x".into(), "more".into()],
        ];
        assert_eq!(table(&rows), "a     b\nlong  x  more\n");
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn sizes() {
        for (count, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (5_300_000_000, "5.3 GB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
