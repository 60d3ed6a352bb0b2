//! "Did you mean …?"

/// The name closest to `wanted`, if one is close enough to be meant.
pub(crate) fn closest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = wanted.chars().count() / 3 + 1;
    let scored = names.into_iter().map(|name| (distance(wanted, name), name));
    let (score, name) = scored.min_by_key(|(score, _)| *score)?;
    (score <= limit).then_some(name)
}

/// Edit distance (insert, delete, replace, each 1).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(closest("visibilty", ["visibility", "name"]), Some("visibility"));
        assert_eq!(closest("scrs", ["srcs", "deps"]), Some("srcs"));
        assert_eq!(closest("banana", ["srcs", "deps"]), None);
    }
}
