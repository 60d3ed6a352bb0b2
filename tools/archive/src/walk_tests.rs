use super::*;
use proptest::prelude::*;
use tar::Builder;

const LIMITS: Limits = Limits {
    bytes: 1000,
    entries: 10,
    symlinks: Symlinks::InsideTree,
};

/// A tar of one entry of `kind`; the name is put into the header as it is.
fn member(name: &str, kind: EntryType, link: &str) -> Vec<u8> {
    let mut header = Header::new_gnu();
    let bytes = header.as_old_mut();
    bytes.name[..name.len()].copy_from_slice(name.as_bytes());
    bytes.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o4755);
    header.set_size(0);
    header.set_cksum();
    let mut builder = Builder::new(Vec::new());
    builder.append(&header, &[][..]).unwrap();
    builder.into_inner().unwrap()
}

fn entries(bytes: &[u8], limits: &Limits) -> Result<Vec<Entry>, String> {
    let mut seen = Vec::new();
    match walk(bytes, limits, |entry, _| {
        seen.push(entry.clone());
        Ok(())
    }) {
        Ok(()) => Ok(seen),
        Err(error) => Err(match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }),
    }
}

#[test]
fn names_that_lead_outside() {
    for name in ["../x", "a/../../x", "a/../x", "/etc/passwd"] {
        assert_eq!(
            entries(&member(name, EntryType::Regular, ""), &LIMITS),
            Err(format!(
                "refused archive entry: expected a relative path without `..`, found `{name}`"
            ))
        );
    }
}

#[test]
fn kinds_that_are_refused() {
    for (kind, found) in [
        (EntryType::Link, "hard link"),
        (EntryType::Char, "device"),
        (EntryType::Block, "device"),
        (EntryType::Fifo, "FIFO"),
        (EntryType::GNUSparse, "sparse file"),
        (EntryType::new(b'Z'), "type that is not known"),
    ] {
        assert_eq!(
            entries(&member("x", kind, "y"), &LIMITS),
            Err(format!(
                "refused archive entry `x`: expected a file or a directory, found a {found}"
            ))
        );
    }
}

#[test]
fn symlinks_only_where_allowed_and_only_inside() {
    let refusing = Limits {
        symlinks: Symlinks::Refuse,
        ..LIMITS
    };
    assert!(
        entries(&member("x", EntryType::Symlink, "y"), &refusing)
            .unwrap_err()
            .ends_with("found a symlink")
    );
    for (name, target) in [("x", "y"), ("a/x", "../y"), ("a/b/x", "../../c/y"), ("x", "./y")] {
        assert!(
            entries(&member(name, EntryType::Symlink, target), &LIMITS).is_ok(),
            "{name} -> {target}"
        );
    }
    for (name, target) in [
        ("x", "../y"),
        ("a/x", "../../y"),
        ("x", "/etc"),
        ("x", ""),
        ("x", "d/.."),
        ("a/x", "d/../../y"),
    ] {
        assert_eq!(
            entries(&member(name, EntryType::Symlink, target), &LIMITS),
            Err(format!(
                "refused symlink `{name}`: expected a target inside the tree, found `{target}`"
            ))
        );
    }
}

#[test]
fn set_id_bits_are_removed() {
    assert_eq!(
        entries(&member("x", EntryType::Regular, ""), &LIMITS).unwrap()[0].mode,
        0o755
    );
}

#[test]
fn limits_hold_before_content_is_read() {
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(1001);
    header.set_mode(0o644);
    builder.append_data(&mut header, "x", &[0; 1001][..]).unwrap();
    assert_eq!(
        entries(&builder.into_inner().unwrap(), &LIMITS),
        Err("archive exceeds the limit of 1000 bytes".into())
    );

    let many = (0..11)
        .flat_map(|_| member("x", EntryType::Directory, "")[..512].to_vec())
        .collect::<Vec<_>>();
    assert_eq!(
        entries(&many, &LIMITS),
        Err("archive exceeds the limit of 10 entries".into())
    );
}

#[test]
fn long_records_are_capped() {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(u64::from(u32::MAX));
    header.set_cksum();
    assert_eq!(
        entries(header.as_bytes(), &LIMITS),
        Err("archive exceeds the limit of 65536 bytes of a name or pax record".into())
    );
}

#[test]
fn pax_names_are_used_and_pax_sizes_refused() {
    let long = "d/".repeat(150) + "x";
    let pax = |key: &str, value: &str| {
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions([(key, value.as_bytes())]).unwrap();
        let start = builder.into_inner().unwrap();
        [&start[..start.len() - 1024], &member("short", EntryType::Regular, "")].concat()
    };
    assert_eq!(
        entries(&pax("path", &long), &LIMITS).unwrap()[0].path,
        RelativePath::parse(&long).unwrap()
    );
    assert_eq!(
        entries(&pax("size", "5"), &LIMITS),
        Err("refused archive entry ``: pax record `size` is not supported".into())
    );
    assert!(entries(&pax("path", "../x"), &LIMITS).is_err());
}

#[test]
fn empty_old_damaged_and_continued_archives() {
    assert_eq!(
        entries(&[0; 1024], &LIMITS),
        Err("expected a tar archive with at least one entry, found none".into())
    );
    let mut old = Header::new_old();
    old.as_old_mut().name[0] = b'x';
    old.set_size(0);
    old.set_mode(0o644);
    old.set_cksum();
    assert!(
        entries(old.as_bytes(), &LIMITS).is_ok(),
        "a file of the form from before POSIX"
    );
    old.as_old_mut().name[1] = b'/';
    old.set_cksum();
    assert!(
        entries(old.as_bytes(), &LIMITS).is_ok(),
        "a directory by its name alone"
    );
    old.set_size(1);
    old.set_cksum();
    assert_eq!(
        entries(&[old.as_bytes(), &[b'x'; 512][..]].concat(), &LIMITS),
        Err(
            "refused archive entry `x/`: expected a file or a directory, found a file whose name ends with a slash"
                .into()
        )
    );
    let good = member("x", EntryType::Regular, "");
    assert_eq!(
        entries(&[&good[..], b"x"].concat(), &LIMITS),
        Err("expected nothing after the end of the tar archive, found more bytes".into())
    );
    assert!(
        entries(&[b'x'; 512], &LIMITS)
            .unwrap_err()
            .starts_with("not a readable tar archive")
    );
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes: Vec<u8>) {
        let _ = entries(&bytes, &LIMITS);
    }

    #[test]
    fn any_link_that_is_accepted_resolves_inside(target in "[./ab]{0,12}", depth in 1usize..4) {
        let name = "d/".repeat(depth - 1) + "x";
        if stays_inside(target.as_bytes(), &RelativePath::parse(&name).unwrap()) {
            let mut level = depth as i64 - 1;
            for part in target.split('/').filter(|part| !matches!(*part, "" | ".")) {
                level += if part == ".." { -1 } else { 1 };
                prop_assert!(level >= 0, "{target} from {name}");
            }
        }
    }
}
