//! The two root directories that actions may see.

use super::ROOT;
use super::protocol::Setup;
use anyhow::{Context, Result};
use rustix::mount::{MountFlags, mount, mount_bind, mount_bind_recursive, mount_remount};
use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};

/// What of the host the strict root shows.
const SYSTEM: [&str; 12] = [
    "bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "opt", "nix", "gnu", "sys",
];

/// Files that tell one machine from another; the strict root shows them empty (an empty time zone is UTC).
const TELLTALES: [&str; 4] = ["/etc/localtime", "/etc/timezone", "/etc/hostname", "/etc/machine-id"];

/// Path of the strict root in the stage.
pub fn strict(stage: &Path) -> PathBuf {
    stage.join("strict")
}

/// Path of the root with the host's files in the stage.
pub fn host(stage: &Path) -> PathBuf {
    stage.join("host")
}

/// Prepares both roots.
///
/// # Errors
/// The system call that the kernel refused.
pub fn prepare(setup: &Setup) -> Result<()> {
    let root = strict(&setup.stage);
    tmpfs(&root)?;
    for name in SYSTEM {
        show(&Path::new("/").join(name), &root, true)?;
    }
    devices(&root)?;
    let empty = root.join(".empty");
    fs::write(&empty, "")?;
    for file in TELLTALES {
        let Ok(target) = Path::new(file).canonicalize() else {
            continue;
        };
        let place = root.join(target.strip_prefix("/")?);
        if place.is_file() {
            mount_bind(&empty, &place).with_context(|| format!("cannot hide {file}"))?;
        }
    }
    hide(&root, &setup.hidden)?;
    seal(&root)?;

    let root = host(&setup.stage);
    tmpfs(&root)?;
    for entry in fs::read_dir("/").context("cannot list /")? {
        let path = entry.context("cannot list /")?.path();
        if !["/proc", "/dev", ROOT].iter().any(|own| path == Path::new(own)) {
            show(&path, &root, false)?;
        }
    }
    devices(&root)?;
    if setup.hide_from_host {
        hide(&root, &setup.hidden)?;
    }
    seal(&root)
}

/// Forbids new entries in the root directory itself: all actions of a command share it.
fn seal(root: &Path) -> Result<()> {
    let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    mount_remount(root, flags, "").context("cannot write-protect the root")
}

/// An empty file system in memory.
pub fn tmpfs(at: &Path) -> Result<()> {
    fs::create_dir_all(at).with_context(|| format!("cannot create {}", at.display()))?;
    mount("tmpfs", at, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, None)
        .with_context(|| format!("cannot mount a tmpfs on {}", at.display()))
}

/// `/dev`, `/proc`, the place of the sandbox, and room for temporary files.
fn devices(root: &Path) -> Result<()> {
    show(Path::new("/dev"), root, false)?;
    let proc = root.join("proc");
    fs::create_dir_all(&proc)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    if mount("proc", &proc, "proc", flags, None).is_err() {
        // Inside a container the kernel forbids a fresh one; the processes of the host are then visible.
        mount_bind_recursive("/proc", &proc).context("cannot show /proc")?;
    }
    fs::create_dir_all(root.join(ROOT.trim_start_matches('/')))?;
    fs::create_dir_all(root.join("tmp"))?;
    Ok(())
}

/// Shows a directory of the host at the same place below `root`; a link stays a link.
fn show(path: &Path, root: &Path, read_only: bool) -> Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let place = root.join(path.strip_prefix("/")?);
    if metadata.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(path)?, &place)?;
    } else if metadata.is_dir() {
        fs::create_dir_all(&place)?;
        mount_bind_recursive(path, &place).with_context(|| format!("cannot show {}", path.display()))?;
        if read_only {
            write_protect(&place);
        }
    }
    Ok(())
}

/// Forbids writing below `place`. A kernel before 5.12 cannot; an ordinary user may not write there anyway.
#[expect(unsafe_code, reason = "a system call that no safe wrapper offers")]
fn write_protect(place: &Path) {
    let Ok(path) = CString::new(place.as_os_str().as_encoded_bytes()) else {
        return;
    };
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path ends with a zero byte, the attributes outlive the call, and the size is theirs.
    unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        );
    }
}

/// Covers a directory, if the root shows it at all.
fn hide(root: &Path, hidden: &Path) -> Result<()> {
    let place = root.join(hidden.strip_prefix("/")?);
    if place.is_dir() { tmpfs(&place) } else { Ok(()) }
}
