//! One table of data: tab-separated lines of number, name and meaning.

use std::path::Path;

/// A line of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number, as text: a media type's is its file extension.
    pub number: String,
    /// The name.
    pub name: String,
    /// What it means.
    pub meaning: String,
}

/// A table in memory.
pub struct Table {
    /// Its file name without `.tsv`.
    pub name: String,
    /// Its lines in order.
    pub entries: Vec<Entry>,
}

impl Table {
    /// Reads `path`; a line that does not have three fields is an error that names it.
    pub fn read(name: &str, path: &Path) -> Result<Table, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Table::parse(name, &text).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn parse(name: &str, text: &str) -> Result<Table, String> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
        let entries = lines
            .map(|(index, line)| match line.split('\t').collect::<Vec<_>>().as_slice() {
                [number, name, meaning] => Ok(Entry {
                    number: (*number).into(),
                    name: (*name).into(),
                    meaning: (*meaning).into(),
                }),
                fields => Err(format!(
                    "line {}: expected 3 fields between tabs, found {}",
                    index + 1,
                    fields.len()
                )),
            })
            .collect::<Result<_, String>>()?;
        Ok(Table {
            name: name.to_owned(),
            entries,
        })
    }

    /// Exact matches of number or name; where there are none, entries whose name or meaning contains the word.
    pub fn find(&self, word: &str) -> Vec<&Entry> {
        let word = word.to_lowercase();
        let exact = |e: &&Entry| e.number.to_lowercase() == word || e.name.to_lowercase() == word;
        let found: Vec<&Entry> = self.entries.iter().filter(exact).collect();
        if !found.is_empty() {
            return found;
        }
        let part = |e: &&Entry| e.name.to_lowercase().contains(&word) || e.meaning.to_lowercase().contains(&word);
        self.entries.iter().filter(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP: &str = "404\tNot Found\tno such resource\n502\tBad Gateway\tthe server behind failed\n";

    fn names(word: &str) -> Vec<String> {
        Table::parse("http", HTTP)
            .unwrap()
            .find(word)
            .iter()
            .map(|e| e.number.clone())
            .collect()
    }

    #[test]
    fn finds_numbers_names_and_parts() {
        assert_eq!(names("404"), ["404"]);
        assert_eq!(names("not found"), ["404"]);
        assert_eq!(names("gateway"), ["502"]);
        assert_eq!(names("teapot"), [""; 0]);
    }

    #[test]
    fn names_the_broken_line() {
        let error = Table::parse("http", "404\tNot Found\n").err().unwrap();
        assert_eq!(error, "line 1: expected 3 fields between tabs, found 2");
    }
}
