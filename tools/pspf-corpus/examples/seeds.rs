//! Writes the seeds of the fuzz targets: `cargo run -p pspf-corpus --example seeds -- fuzz/seeds`.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::read::GzDecoder;
use pspf_corpus::{Forge, cases, good, good_foreign, tar_cases};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "fuzz/seeds".into());
    let folder = Path::new(&folder);
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(folder.join(target))?;
        fs::File::create(folder.join(target).join(name))?.write_all(bytes)
    };
    write("package", "sealed", &good())?;
    write("package", "foreign", &good_foreign())?;
    for (number, case) in cases()
        .iter()
        .filter(|case| case.bytes.len() < 20_000)
        .step_by(17)
        .enumerate()
    {
        write("package", &format!("case-{number:02}"), &case.bytes)?;
    }
    for case in tar_cases() {
        let name = case.name.replace(' ', "-");
        let stored = slot_bytes(&case.bytes);
        let mut tar = Vec::new();
        // Damaged streams are seeds of the decompressors only.
        if std::io::Read::read_to_end(&mut GzDecoder::new(&stored[..]), &mut tar).is_ok() && tar.len() < 100_000 {
            write("tar", &name, &tar)?;
        }
        if stored.len() < 100_000 {
            write("compressed", &name, &[&[0], &stored[..]].concat())?;
        }
    }
    let text = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let copy = text.clone();
    Forge {
        text: Box::new(move |json| {
            copy.lock().map(|mut text| *text = json.clone().into_bytes()).ok();
            json.into_bytes()
        }),
        ..Forge::default()
    }
    .build();
    write(
        "metadata",
        "good",
        &text.lock().map(|text| text.clone()).unwrap_or_default(),
    )?;
    for (number, command) in ["a b", "\"{workenv}/bin/x\" -c 'a b' \"\"", "a\\ b \"\\\"\""]
        .iter()
        .enumerate()
    {
        write("command", &number.to_string(), command.as_bytes())?;
    }
    Ok(())
}

/// Stored bytes of the only slot, which lies between table and trailer.
fn slot_bytes(file: &[u8]) -> Vec<u8> {
    let index: &[u8; 8192] = file[file.len() - 8196..file.len() - 4]
        .try_into()
        .expect("a package has an index block");
    let table = pspf_format::IndexBlock::from_bytes(index).slot_table_offset.get() as usize;
    file[table + 64..file.len() - 8200].to_vec()
}
