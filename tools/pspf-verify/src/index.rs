use pspf_format::IndexBlock;
use pspf_format::layout::{DESCRIPTOR_LEN, FORMAT_VERSION, MAX_METADATA_GZIP};

use crate::log::Log;
use crate::ranges::Range;
use crate::{Finding, Part, Refusal, Trailer};

/// The ranges that the index block states, each within the file.
pub struct Places {
    pub launcher: Range,
    pub metadata: Range,
    pub table: Range,
}

/// Checks the index block by itself and against the file's length (section 8, Reading).
pub fn check(trailer: &Trailer, log: &mut Log) -> Result<Places, Refusal> {
    let index = trailer.index();
    let version = index.format_version.get();
    if version != FORMAT_VERSION {
        let expected = format!("format_version 0x{FORMAT_VERSION:08x}");
        return Err(Finding::format(Part::Index, expected, format!("0x{version:08x}")).into());
    }
    let (stored, computed) = (index.index_checksum.get(), index.computed_checksum());
    if stored != computed {
        let finding = Finding::integrity(
            Part::Index,
            format!("Adler-32 0x{computed:08x}"),
            format!("0x{stored:08x}"),
        );
        log.refuse(finding)?;
    }
    let (size, length) = (index.package_size.get(), trailer.file_length());
    if size != length {
        let expected = format!("package_size {length}, the length of the file");
        log.refuse_if_enforced(Finding::format(Part::Index, expected, size.to_string()))?;
    }
    check_table_size(index, log)?;
    if index.metadata_size.get() > MAX_METADATA_GZIP {
        let expected = format!("metadata_size of at most {MAX_METADATA_GZIP}");
        return Err(Finding::format(Part::Index, expected, index.metadata_size.to_string()).into());
    }
    places(index, length)
}

fn check_table_size(index: &IndexBlock, log: &mut Log) -> Result<(), Refusal> {
    let expected = table_length(index);
    let found = index.slot_table_size.get();
    if expected != found {
        let expected = format!("slot_table_size {expected} for {} slots", index.slot_count);
        log.refuse(Finding::format(Part::Index, expected, found.to_string()))?;
    }
    Ok(())
}

fn places(index: &IndexBlock, file_length: u64) -> Result<Places, Refusal> {
    let range = |part, start, length| Range::check(part, start, length, file_length);
    Ok(Places {
        launcher: range(Part::Launcher, 0, index.launcher_size.get())?,
        metadata: range(Part::Metadata, index.metadata_offset.get(), index.metadata_size.get())?,
        table: range(Part::SlotTable, index.slot_table_offset.get(), table_length(index))?,
    })
}

fn table_length(index: &IndexBlock) -> u64 {
    u64::from(index.slot_count.get()) * DESCRIPTOR_LEN as u64
}
