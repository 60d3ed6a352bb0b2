//! Programs in a slot, and whether they run where the package says that it runs.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use object::LittleEndian;
use object::elf::{FileHeader64, PT_INTERP};
use object::pe::{
    IMAGE_FILE_DLL, IMAGE_SUBSYSTEM_WINDOWS_CUI, IMAGE_SUBSYSTEM_WINDOWS_GUI, ImageDosHeader, ImageNtHeaders64,
};
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::read::pe::{ImageNtHeaders as _, ImageOptionalHeader as _};
use pspf::{Platform, Target};

/// What programs of a package may rely on.
pub struct Expected {
    /// System and processor.
    pub platform: Target,
    /// The C library, where the package names one.
    pub libc: Option<Libc>,
}

/// A C library for Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    /// musl, which programs carry with them.
    Musl,
    /// The GNU C library, at least of this release.
    Gnu(Release),
}

/// A release of the GNU C library, such as 2.17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(u32, u32);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl Release {
    /// Of a symbol's version such as `GLIBC_2.2.5`; the third number never matters.
    fn of_symbol(version: &str) -> Option<Self> {
        version.strip_prefix("GLIBC_")?.parse().ok()
    }
}

impl FromStr for Release {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.split('.').map(|part| part.parse().map_err(|_| ()));
        Ok(Self(numbers.next().ok_or(())??, numbers.next().ok_or(())??))
    }
}

impl FromStr for Libc {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let release = text.strip_prefix("gnu.").and_then(|release| release.parse().ok());
        match (text, release) {
            ("musl", _) => Ok(Self::Musl),
            (_, Some(release)) => Ok(Self::Gnu(release)),
            _ => anyhow::bail!("`libc`: expected musl or a release such as gnu.2.17, found `{text}`"),
        }
    }
}

/// Looks at every program in a file or folder and says which would not start, by its path in there. `target` is what the
/// package calls a source that is a file, where that is another name.
///
/// # Errors
/// A file that cannot be read.
pub fn unsuitable(source: &Path, target: Option<&Path>, expected: &Expected) -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    let mut todo = vec![source.to_owned()];
    while let Some(path) = todo.pop() {
        let context = || format!("cannot read {}", path.display());
        // The source itself may be a link; those inside lead to files that are looked at anyway.
        let kind = if path == source {
            fs::metadata(&path)
        } else {
            fs::symlink_metadata(&path)
        };
        let kind = kind.with_context(context)?.file_type();
        if kind.is_dir() {
            let inner = fs::read_dir(&path).with_context(context)?;
            let inner: std::io::Result<Vec<PathBuf>> = inner.map(|entry| entry.map(|entry| entry.path())).collect();
            todo.extend(inner.with_context(context)?);
        } else if kind.is_file() {
            let name = path
                .strip_prefix(source)
                .ok()
                .filter(|rest| !rest.as_os_str().is_empty());
            let name = name.or(path.file_name().map(Path::new)).unwrap_or(&path);
            let unpacked = target.filter(|_| path == source).unwrap_or(name);
            complaints.extend(
                complaint(&path, unpacked, expected)
                    .with_context(context)?
                    .map(|words| words.about(name)),
            );
        }
    }
    complaints.sort();
    Ok(complaints)
}

/// Why a program would not start.
enum Complaint {
    Platform { found: Platform, expected: Platform },
    Release { needed: Release, libc: Libc },
    Interpreter { interpreter: String },
    Name { unpacked: PathBuf },
}

impl Complaint {
    fn about(&self, name: &Path) -> String {
        let name = name.display();
        match self {
            Self::Platform { found, expected } => format!(
                "cannot execute binary file: `{name}` is for {found}, but the package is for {expected}; build it for the package's platform"
            ),
            Self::Release {
                needed,
                libc: Libc::Gnu(release),
            } => format!(
                "version GLIBC_{needed} not found: `{name}` needs it, but the package runs on glibc {release}; build it with `-m linux-gnu`, or for `linux-musl`"
            ),
            Self::Release {
                needed,
                libc: Libc::Musl,
            } => format!(
                "version GLIBC_{needed} not found: `{name}` is linked dynamically with glibc, but the package is for musl; build it with `-m linux-musl`"
            ),
            Self::Interpreter { interpreter } => format!(
                "cannot execute binary file: `{name}` is started by {interpreter}, but the package is for musl; build it with `-m linux-musl`"
            ),
            Self::Name { unpacked } => format!(
                "cannot execute binary file: `{0}` is a program, and Windows starts none whose name does not end in .exe; call it `{0}.exe`",
                unpacked.display()
            ),
        }
    }
}

fn complaint(path: &Path, unpacked: &Path, expected: &Expected) -> anyhow::Result<Option<Complaint>> {
    let mut file = File::open(path)?;
    let mut start = [0; 4];
    let program = file.read(&mut start)? == 4
        && (start.starts_with(b"MZ")
            || matches!(
                start,
                [0x7f, b'E', b'L', b'F'] | [0xcf, 0xfa, 0xed, 0xfe] | [0xca, 0xfe, 0xba, 0xbe]
            ));
    if !program {
        return Ok(None);
    }
    let bytes = fs::read(path)?;
    let platforms = Platform::of_executable(&bytes);
    if let (Target::Platform(expected), Some(found)) = (expected.platform, platforms.first())
        && !platforms.contains(&expected)
    {
        return Ok(Some(Complaint::Platform {
            found: *found,
            expected,
        }));
    }
    if is_started_by_windows(&bytes) == Some(true) && !ends_as_a_program(unpacked) {
        let unpacked = unpacked.to_owned();
        return Ok(Some(Complaint::Name { unpacked }));
    }
    let Some(libc) = expected.libc else { return Ok(None) };
    // What is no well-formed ELF file starts nowhere, and is no program of ours to judge.
    let linking = Linking::of(&bytes).unwrap_or_default();
    let too_young = |needed: &Release| !matches!(libc, Libc::Gnu(release) if *needed <= release);
    if let Some(needed) = linking.glibc.filter(too_young) {
        return Ok(Some(Complaint::Release { needed, libc }));
    }
    let foreign = |interpreter: &String| libc == Libc::Musl && !interpreter.contains("ld-musl");
    Ok(linking
        .interpreter
        .filter(foreign)
        .map(|interpreter| Complaint::Interpreter { interpreter }))
}

/// Whether a file is a program with a console or windows: no library, no driver and nothing for firmware. None for what is
/// no PE file of 64 bits.
fn is_started_by_windows(bytes: &[u8]) -> Option<bool> {
    let mut offset = ImageDosHeader::parse(bytes).ok()?.nt_headers_offset().into();
    let (header, _) = ImageNtHeaders64::parse(bytes, &mut offset).ok()?;
    let library = header.file_header().characteristics.get(LittleEndian) & IMAGE_FILE_DLL != 0;
    let subsystem = header.optional_header().subsystem();
    Some(!library && matches!(subsystem, IMAGE_SUBSYSTEM_WINDOWS_CUI | IMAGE_SUBSYSTEM_WINDOWS_GUI))
}

/// What the launcher starts on Windows.
fn ends_as_a_program(name: &Path) -> bool {
    let is = |ending: &str| name.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    is("exe") || is("com")
}

/// What an ELF file asks of the system.
#[derive(Default)]
struct Linking {
    interpreter: Option<String>,
    /// The youngest release of glibc that a symbol asks for.
    glibc: Option<Release>,
}

impl Linking {
    fn of(bytes: &[u8]) -> Option<Self> {
        let header = FileHeader64::<LittleEndian>::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, bytes).ok()?;
        let interpreter = segments.iter().find(|segment| segment.p_type(endian) == PT_INTERP);
        let interpreter = interpreter.and_then(|segment| segment.data(endian, bytes).ok());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        Some(Self {
            interpreter: interpreter.map(text),
            glibc: youngest_glibc(header, endian, bytes),
        })
    }
}

fn youngest_glibc(header: &FileHeader64<LittleEndian>, endian: LittleEndian, bytes: &[u8]) -> Option<Release> {
    let sections = header.sections(endian, bytes).ok()?;
    let (mut needed, strings) = sections.iter().find_map(|section| {
        let (needed, link) = section.gnu_verneed(endian, bytes).ok()??;
        Some((needed, sections.strings(endian, bytes, link).ok()?))
    })?;
    let mut found = Vec::new();
    while let Ok(Some((_, mut versions))) = needed.next() {
        while let Ok(Some(version)) = versions.next() {
            let name = version
                .name(endian, strings)
                .ok()
                .and_then(|name| std::str::from_utf8(name).ok());
            found.extend(name.and_then(Release::of_symbol));
        }
    }
    found.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        let of = |text| Release::of_symbol(text).unwrap();
        assert!(of("GLIBC_2.34") > of("GLIBC_2.17") && of("GLIBC_2.2.5") < of("GLIBC_2.17"));
        assert_eq!(Release::of_symbol("GLIBC_PRIVATE"), None);
        assert_eq!("gnu.2.17".parse::<Libc>().unwrap(), Libc::Gnu(Release(2, 17)));
        assert!("gnu".parse::<Libc>().is_err());
    }

    /// The test itself is a program of this machine, and linked dynamically with its C library.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_program_is_looked_at() {
        let this = std::env::current_exe().unwrap();
        let here = Platform::current().unwrap();
        let complaints = |platform: Target, libc: &str| {
            let libc = Some(libc.parse().unwrap());
            unsuitable(&this, None, &Expected { platform, libc }).unwrap()
        };
        assert!(complaints(Target::Platform(here), "gnu.2.999").is_empty());
        let [old] = &complaints(Target::Platform(here), "gnu.2.1")[..] else {
            panic!("one complaint")
        };
        assert!(
            old.starts_with("version GLIBC_2.") && old.contains("runs on glibc 2.1;"),
            "{old}"
        );
        let [musl] = &complaints(Target::Platform(here), "musl")[..] else {
            panic!("one complaint")
        };
        assert!(musl.contains("linked dynamically with glibc"), "{musl}");
        let [windows] = &complaints("windows_amd64".parse().unwrap(), "musl")[..] else {
            panic!("one complaint")
        };
        assert!(
            windows.starts_with("cannot execute binary file: `")
                && windows.contains("but the package is for windows_amd64"),
            "{windows}"
        );
    }
}
