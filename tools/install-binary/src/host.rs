//! What the machine runs: the half of the choice that packages have no say in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// The platform that packages are installed for, in the words of recipes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Kind of processor.
    pub cpu: String,
    /// Operating system.
    pub os: String,
    /// C libraries for which programs run; usually one.
    pub libcs: BTreeSet<String>,
    /// The highest instruction baseline that the processor has.
    pub level: Level,
}

/// An instruction baseline: `v1` to `v4` of x86-64, `v8.0` and up of aarch64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level {
    major: u32,
    minor: u32,
}

impl Level {
    /// Reads the word of a recipe; `None` for a word that this version does not know.
    pub fn parse(word: &str) -> Option<Self> {
        let number = word.strip_prefix('v')?;
        let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
        Some(Self {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.major {
            8.. => write!(f, "v{}.{}", self.major, self.minor),
            _ => write!(f, "v{}", self.major),
        }
    }
}

impl Host {
    /// The machine, with the C library of the system below `root`, or the machine's own where there is none yet.
    pub fn of(root: &Path) -> Self {
        let os = match std::env::consts::OS {
            "macos" => "darwin",
            other => other,
        };
        let libcs = match os {
            "darwin" => BTreeSet::from(["libsystem".to_owned()]),
            "windows" => BTreeSet::from(["ucrt".to_owned()]),
            _ => Some(libcs(root))
                .filter(|found| !found.is_empty())
                .unwrap_or_else(|| libcs(Path::new("/"))),
        };
        Self {
            cpu: std::env::consts::ARCH.to_owned(),
            os: os.to_owned(),
            libcs,
            level: processor(),
        }
    }

    /// Why a package for `platform` does not run here; `None` if it does. A key that is not there does not matter to the package,
    /// and further keys are the project's own affair.
    pub fn mismatch(&self, platform: &BTreeMap<String, String>) -> Option<String> {
        let differs = |key: &str, expected: &str, found: &str| Some(format!("{key} {found}, not {expected}"));
        for (key, value) in platform {
            let unfit = match key.as_str() {
                "cpu" if *value != self.cpu => differs("cpu", &self.cpu, value),
                "os" if *value != self.os => differs("os", &self.os, value),
                "libc" if !self.libcs.contains(value) => {
                    let ours: Vec<_> = self.libcs.iter().map(String::as_str).collect();
                    let ours = if ours.is_empty() {
                        "one that is known".to_owned()
                    } else {
                        ours.join(" or ")
                    };
                    differs("libc", &ours, value)
                }
                // Levels of another kind of processor say nothing.
                "level" if platform.get("cpu").is_none_or(|cpu| *cpu == self.cpu) => match Level::parse(value) {
                    Some(level) if level <= self.level => None,
                    _ => differs("level", &format!("at most {}", self.level), value),
                },
                _ => None,
            };
            if unfit.is_some() {
                return unfit;
            }
        }
        None
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let libcs: Vec<_> = self.libcs.iter().map(String::as_str).collect();
        write!(f, "{} {} {} {}", self.cpu, self.os, libcs.join("+"), self.level)
    }
}

/// The C libraries whose program loaders lie in the usual places below `root`. The loader decides: without it no program of that
/// library starts, however it was found out what the machine's own programs use.
fn libcs(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["lib", "lib64", "usr/lib", "usr/lib64"] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            for (start, libc) in [("ld-linux", "glibc"), ("ld-musl-", "musl")] {
                if name.starts_with(start) && name.contains(".so.") {
                    found.insert(libc.to_owned());
                }
            }
        }
    }
    found
}

#[cfg(target_arch = "x86_64")]
fn processor() -> Level {
    macro_rules! has {
        ($($feature:tt)*) => { true $(&& std::is_x86_feature_detected!($feature))* };
    }
    let v2 = has!("cmpxchg16b" "popcnt" "sse3" "sse4.1" "sse4.2" "ssse3");
    let v3 = v2 && has!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe" "xsave");
    let v4 = v3 && has!("avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl");
    let major = match (v2, v3, v4) {
        (_, _, true) => 4,
        (_, true, _) => 3,
        (true, ..) => 2,
        _ => 1,
    };
    Level { major, minor: 0 }
}

#[cfg(target_arch = "aarch64")]
fn processor() -> Level {
    let has = std::arch::is_aarch64_feature_detected!("lse") && std::arch::is_aarch64_feature_detected!("rdm");
    Level {
        major: 8,
        minor: u32::from(has),
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn processor() -> Level {
    Level { major: 0, minor: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        let level = |word| Level::parse(word).unwrap();
        assert!(level("v1") < level("v2") && level("v8.0") < level("v8.2"));
        assert_eq!(
            (level("v3").to_string(), level("v8").to_string()),
            ("v3".into(), "v8.0".into())
        );
        for word in ["", "3", "v", "vx", "v1.x"] {
            assert_eq!(Level::parse(word), None, "{word}");
        }
    }

    #[test]
    fn what_runs_here() {
        let host = Host {
            cpu: "x86_64".into(),
            os: "linux".into(),
            libcs: ["glibc".to_owned()].into(),
            level: Level::parse("v2").unwrap(),
        };
        let says = |pairs: &[(&str, &str)]| {
            let platform = pairs
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect();
            host.mismatch(&platform).unwrap_or_default()
        };
        assert_eq!(
            says(&[("cpu", "x86_64"), ("level", "v2"), ("libc", "glibc"), ("os", "linux")]),
            ""
        );
        assert_eq!(says(&[]), "");
        assert_eq!(says(&[("abi", "mine")]), "");
        assert_eq!(says(&[("level", "v3")]), "level v3, not at most v2");
        assert_eq!(says(&[("level", "new")]), "level new, not at most v2");
        assert_eq!(
            says(&[("cpu", "aarch64"), ("level", "v8.0")]),
            "cpu aarch64, not x86_64"
        );
        assert_eq!(says(&[("libc", "musl")]), "libc musl, not glibc");
        assert_eq!(says(&[("os", "darwin")]), "os darwin, not linux");
    }

    #[test]
    fn loaders_of_a_root() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(libcs(root.path()).len(), 0);
        std::fs::create_dir(root.path().join("lib")).unwrap();
        std::fs::write(root.path().join("lib/ld-musl-x86_64.so.1"), "").unwrap();
        assert_eq!(libcs(root.path()), ["musl".to_owned()].into());
        assert_eq!(Host::of(root.path()).libcs.contains("musl"), cfg!(target_os = "linux"));
        std::fs::create_dir(root.path().join("lib64")).unwrap();
        std::fs::write(root.path().join("lib64/ld-linux-x86-64.so.2"), "").unwrap();
        assert_eq!(libcs(root.path()).len(), 2);
    }
}
