//! From a source to stored bytes and a record.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

use archive::{Encoder, RelativePath, SymlinkRule, TarSource};
use digest::HashingWriter;
use pspf_format::{FileMode, Operation, OperationChain};

use crate::chain::{check_level, check_writable, split};
use crate::content::Content;
use crate::slot::Source;
use crate::slot_cache::Entry;
use crate::{Error, OutputFile, Profile, Slot, SlotCache, SlotRecord};

/// Stores one slot in a file of its own and returns its record: what a build system does per slot,
/// so that a package can be assembled without packing anything again.
pub fn store_slot(slot: Slot, profile: Profile, payload: &Path) -> Result<SlotRecord, Error> {
    let id = slot.id.clone();
    let store = || {
        let mut output = OutputFile::create(payload)?;
        let record = write_slot(slot, profile, &mut output)?;
        output.finish(0o644)?;
        Ok(record)
    };
    store().map_err(Error::slot(&id))
}

/// Writes the stored bytes of a slot to `output`.
pub(crate) fn write_slot(slot: Slot, profile: Profile, output: &mut impl Write) -> Result<SlotRecord, Error> {
    Plan::new(slot, profile)?.pack(output)
}

/// True when there is something to be spared by keeping the packed bytes.
pub(crate) fn is_compressed(chain: OperationChain) -> bool {
    split(chain).is_ok_and(|(_, codecs)| !codecs.is_empty())
}

/// Takes the stored bytes from a cache, or packs them into it.
pub(crate) fn write_cached(slot: Slot, profile: Profile, cache: &SlotCache) -> Result<(SlotRecord, Content), Error> {
    let method = format!("{:?} {:?}", split(slot.operations)?.1, slot.level);
    let mut plan = Plan::new(slot, profile)?;
    let mut hasher = HashingWriter::new(io::sink());
    plan.write_content(&mut hasher)?;
    let name = SlotCache::name(&hasher.finish().1, &method);
    let (entry, file) = match cache.find(&name) {
        Some(found) => found,
        None => {
            let mut output = cache.create(&name)?;
            let packed = plan.pack(&mut output)?;
            let entry = Entry {
                size: packed.size,
                original_size: packed.original_size,
                sha256: packed.sha256,
            };
            (entry, cache.finish(&name, output, &entry)?)
        }
    };
    let Entry {
        size,
        original_size,
        sha256,
    } = entry;
    Ok((
        SlotRecord {
            size,
            original_size,
            sha256,
            ..plan.record
        },
        Content::Recorded(file),
    ))
}
/// Everything of a slot's record but sizes and digest.
pub(crate) fn describe(slot: Slot, profile: Profile) -> Result<SlotRecord, Error> {
    Ok(Plan::new(slot, profile)?.record)
}

/// What is to be done for a slot.
struct Plan {
    input: Input,
    codecs: Vec<archive::Codec>,
    level: Option<u32>,
    /// Everything but sizes and digest.
    record: SlotRecord,
    /// The source in error messages.
    name: String,
}

enum Input {
    Tar(TarSource),
    Bytes(Vec<u8>),
    File(File),
    Reader(Box<dyn Read + Send>),
}

impl Plan {
    /// Packs the content into `output`.
    fn pack(&mut self, output: &mut impl Write) -> Result<SlotRecord, Error> {
        let output = HashingWriter::new(BufWriter::with_capacity(256 << 10, output));
        let encoder = Encoder::new(output, &self.codecs, self.level).map_err(Error::Memory)?;
        let mut content = Counted {
            inner: encoder,
            length: 0,
        };
        self.write_content(&mut content)?;
        let original_size = content.length;
        let (mut output, sha256, size) = content.inner.finish().map_err(Error::Output)?.finish();
        output.flush().map_err(Error::Output)?;
        Ok(SlotRecord {
            size,
            original_size,
            sha256,
            ..self.record.clone()
        })
    }

    /// Writes the bytes before compression; all but a stream can be written again.
    fn write_content(&mut self, output: &mut impl Write) -> Result<(), Error> {
        match &mut self.input {
            Input::Tar(source) => Ok(source.write(output)?),
            Input::Bytes(bytes) => output.write_all(bytes).map_err(Error::Output),
            Input::File(file) => {
                file.rewind().map_err(Error::file("read", Path::new(&self.name)))?;
                copy(file, output, &self.name)
            }
            Input::Reader(reader) => copy(reader, output, &self.name),
        }
    }

    fn new(slot: Slot, profile: Profile) -> Result<Self, Error> {
        profile.check_chain(slot.operations)?;
        let is_packed = matches!(slot.source, Source::Packed(_));
        let (tar, codecs) = if is_packed {
            (false, Vec::new())
        } else {
            split(slot.operations)?
        };
        check_writable(&codecs)?;
        check_level(slot.operations, &codecs, slot.level)?;
        let (mut mode, mut name) = (0o644, slot.id.clone());
        let mut target = slot.target.clone();
        let input = match slot.source {
            Source::Path(path) if tar => {
                let source = tar_source(&path, target.as_deref(), profile)?;
                (target, mode) = (Some("{workenv}".into()), 0o755);
                Input::Tar(source)
            }
            Source::Bytes(_) | Source::Reader(_) if tar => {
                return Err(Error::field(
                    "source",
                    "a file or directory, for a chain with tar",
                    "a stream",
                ));
            }
            Source::Bytes(bytes) => Input::Bytes(bytes),
            Source::Reader(reader) => Input::Reader(reader),
            Source::Path(path) | Source::Packed(path) | Source::Stored(path, _) => {
                name = path.display().to_string();
                let (file, executable) = open(&path)?;
                mode = if executable { 0o755 } else { 0o644 };
                Input::File(file)
            }
        };
        let default = if slot.operations.is_tar() {
            "{workenv}"
        } else {
            &slot.id
        };
        let record = SlotRecord {
            target: target.unwrap_or_else(|| default.to_owned()),
            source: slot.source_name,
            operations: slot.operations.to_string(),
            purpose: slot.purpose,
            lifecycle: slot.lifecycle,
            permissions: Some(slot.permissions.unwrap_or(FileMode::from_bits(mode)).to_string()),
            id: slot.id,
            size: 0,
            original_size: 0,
            sha256: digest::Sha256::of(b""),
        };
        Ok(Self {
            input,
            codecs,
            level: slot.level,
            record,
            name,
        })
    }
}

/// Plans a tar. Launchers unpack it at the root whatever its target, so the target becomes part of
/// the names in it.
fn tar_source(path: &Path, target: Option<&str>, profile: Profile) -> Result<TarSource, Error> {
    let found = fs::metadata(path).map_err(Error::file("read", path))?;
    let prefix = relative_target(target.unwrap_or_default())?;
    if found.is_dir() {
        let links = if profile == Profile::Buckpack {
            SymlinkRule::Keep
        } else {
            SymlinkRule::Follow
        };
        return Ok(TarSource::directory(path, &prefix, links)?);
    }
    let name = path.file_name().unwrap_or_default();
    let name = RelativePath::from_bytes(prefix.as_path().join(name).as_os_str().as_encoded_bytes())?;
    Ok(TarSource::file(path, &name)?)
}

/// A target below the extracted tree, with or without `{workenv}` before it.
pub(crate) fn relative_target(target: &str) -> Result<RelativePath, Error> {
    let inner = target.strip_prefix("{workenv}").unwrap_or(target);
    let rest = if inner.len() < target.len() {
        inner.trim_start_matches('/')
    } else {
        inner
    };
    Ok(RelativePath::parse(rest)?)
}

fn open(path: &Path) -> Result<(File, bool), Error> {
    let file = File::open(path).map_err(Error::file("open", path))?;
    let found = file.metadata().map_err(Error::file("read", path))?;
    if found.is_dir() {
        let operation = Operation::Tar;
        let expected = format!(
            "a file (a directory needs `{operation}` or `{}` in `operations`)",
            OperationChain::TAR_GZ
        );
        return Err(Error::field(
            "source",
            expected,
            format!("the directory {}", path.display()),
        ));
    }
    Ok((file, is_executable(&found)))
}

#[cfg(unix)]
fn is_executable(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

fn copy(reader: &mut impl Read, writer: &mut impl Write, name: &str) -> Result<(), Error> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => writer.write_all(&buffer[..count]).map_err(Error::Output)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::file("read", Path::new(name))(error)),
        }
    }
}

/// Counts what goes into the compressors.
struct Counted<W> {
    inner: W,
    length: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
