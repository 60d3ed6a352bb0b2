use std::fmt;
use std::str::FromStr;

use crate::{Error, mach_signature};

/// Operating system and processor that a launcher runs on, spelled as FlavorPack does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Platform {
    os: Os,
    cpu: Cpu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Os {
    Linux,
    Darwin,
    Windows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Cpu {
    Amd64,
    Arm64,
}

/// What a package is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Any platform: the launcher may be a script or of a format that is not known here.
    Any,
    /// One platform, which the launcher's file header must name.
    Platform(Platform),
}

impl Platform {
    /// The platform of this program.
    pub fn current() -> Option<Self> {
        let os = match std::env::consts::OS {
            "linux" => Os::Linux,
            "macos" => Os::Darwin,
            "windows" => Os::Windows,
            _ => return None,
        };
        let cpu = match std::env::consts::ARCH {
            "x86_64" => Cpu::Amd64,
            "aarch64" => Cpu::Arm64,
            _ => return None,
        };
        Some(Self { os, cpu })
    }

    /// `linux`, `darwin` or `windows`.
    pub fn os(&self) -> &'static str {
        match self.os {
            Os::Linux => "linux",
            Os::Darwin => "darwin",
            Os::Windows => "windows",
        }
    }

    /// `amd64` or `arm64`.
    pub fn cpu(&self) -> &'static str {
        match self.cpu {
            Cpu::Amd64 => "amd64",
            Cpu::Arm64 => "arm64",
        }
    }

    /// The byte in slot descriptors.
    pub(crate) fn code(self) -> u8 {
        match self.os {
            Os::Linux => 1,
            Os::Darwin => 2,
            Os::Windows => 3,
        }
    }

    /// Reads the platforms that an executable's header names: several for a universal macOS program,
    /// none for a script or another format.
    pub fn of_executable(bytes: &[u8]) -> Vec<Self> {
        elf(bytes)
            .or_else(|| pe(bytes))
            .into_iter()
            .chain(mach_o(bytes))
            .collect()
    }
}

fn field<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

fn elf(bytes: &[u8]) -> Option<Platform> {
    let is_64_bit_little_endian = bytes.starts_with(&[0x7f, b'E', b'L', b'F', 2, 1]);
    // System V or Linux; FreeBSD and others say so.
    let is_linux = matches!(bytes.get(7), Some(0 | 3));
    let cpu = match u16::from_le_bytes(field(bytes, 18)?) {
        62 => Cpu::Amd64,
        183 => Cpu::Arm64,
        _ => return None,
    };
    (is_64_bit_little_endian && is_linux).then_some(Platform { os: Os::Linux, cpu })
}

fn pe(bytes: &[u8]) -> Option<Platform> {
    let header = u32::from_le_bytes(field(bytes, 0x3c)?) as usize;
    let is_pe = bytes.starts_with(b"MZ") && field(bytes, header)? == *b"PE\0\0";
    let cpu = match u16::from_le_bytes(field(bytes, header.checked_add(4)?)?) {
        0x8664 => Cpu::Amd64,
        0xaa64 => Cpu::Arm64,
        _ => return None,
    };
    is_pe.then_some(Platform { os: Os::Windows, cpu })
}

fn mach_o(bytes: &[u8]) -> Vec<Platform> {
    let platform = |kind: [u8; 4], big: bool| {
        let kind = if big {
            u32::from_be_bytes(kind)
        } else {
            u32::from_le_bytes(kind)
        };
        let cpu = match kind {
            0x0100_0007 => Cpu::Amd64,
            0x0100_000c => Cpu::Arm64,
            _ => return None,
        };
        Some(Platform { os: Os::Darwin, cpu })
    };
    match field(bytes, 0) {
        Some([0xcf, 0xfa, 0xed, 0xfe]) => field(bytes, 4)
            .and_then(|kind| platform(kind, false))
            .into_iter()
            .collect(),
        Some([0xca, 0xfe, 0xba, 0xbe]) => {
            // A Java class has the same magic and a version where the number of architectures is.
            let count = field(bytes, 4).map_or(0, u32::from_be_bytes).min(8) as usize;
            (0..count)
                .filter_map(|number| platform(field(bytes, 8 + 20 * number)?, true))
                .collect()
        }
        _ => Vec::new(),
    }
}

impl Target {
    /// Checks that a launcher is for this target.
    pub fn check(&self, launcher: &[u8]) -> Result<(), Error> {
        let Self::Platform(expected) = self else { return Ok(()) };
        let found = Platform::of_executable(launcher);
        if found.contains(expected) {
            return match expected.os {
                Os::Darwin => mach_signature::check(launcher).map_err(|flaw| Error::LauncherSignature { flaw }),
                _ => Ok(()),
            };
        }
        let found = match found.as_slice() {
            [] => "a script or a file of another format (allowed only for platform `any`)".into(),
            list => list
                .iter()
                .map(|platform| format!("`{platform}`"))
                .collect::<Vec<_>>()
                .join(" and "),
        };
        Err(Error::LauncherPlatform {
            expected: *expected,
            found,
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.os(), self.cpu())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Platform(platform) => platform.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::UnknownPlatform {
            found: text.chars().take(60).collect(),
        };
        if text == "any" {
            return Ok(Self::Any);
        }
        let (os, cpu) = text.split_once('_').ok_or_else(unknown)?;
        let os = match os {
            "linux" => Os::Linux,
            "darwin" => Os::Darwin,
            "windows" => Os::Windows,
            _ => return Err(unknown()),
        };
        let cpu = match cpu {
            "amd64" => Cpu::Amd64,
            "arm64" => Cpu::Arm64,
            _ => return Err(unknown()),
        };
        Ok(Self::Platform(Platform { os, cpu }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf_header(machine: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        bytes[18] = machine;
        bytes
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        Platform::of_executable(bytes).iter().map(Platform::to_string).collect()
    }

    #[test]
    fn headers_of_all_systems() {
        assert_eq!(names(&elf_header(62)), ["linux_amd64"]);
        assert_eq!(names(&elf_header(183)), ["linux_arm64"]);
        let mut pe = vec![0; 0x90];
        pe[..2].copy_from_slice(b"MZ");
        pe[0x3c] = 0x80;
        pe[0x80..0x86].copy_from_slice(b"PE\0\0\x64\x86");
        assert_eq!(names(&pe), ["windows_amd64"]);
        assert_eq!(names(&[0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1]), ["darwin_arm64"]);
        let mut fat = vec![0; 64];
        fat[..8].copy_from_slice(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2]);
        fat[8..12].copy_from_slice(&0x0100_0007u32.to_be_bytes());
        fat[28..32].copy_from_slice(&0x0100_000cu32.to_be_bytes());
        assert_eq!(names(&fat), ["darwin_amd64", "darwin_arm64"]);
        assert!(names(b"#!/bin/sh\n").is_empty() && names(b"").is_empty() && names(b"MZ").is_empty());
    }

    #[test]
    fn another_platform_is_refused_with_both_names() {
        let target: Target = "linux_amd64".parse().unwrap();
        assert_eq!(
            target.check(&elf_header(183)).unwrap_err().to_string(),
            "the launcher is for another platform (expected `linux_amd64`, found `linux_arm64`)"
        );
        assert_eq!(
            target.check(b"#!/bin/sh\n").unwrap_err().to_string(),
            "the launcher is for another platform (expected `linux_amd64`, found a script or a file of another format (allowed only for platform `any`))"
        );
        assert!(Target::Any.check(b"#!/bin/sh\n").is_ok());
        assert!("linux_sparc".parse::<Target>().is_err() && "linux".parse::<Target>().is_err());
    }
}
