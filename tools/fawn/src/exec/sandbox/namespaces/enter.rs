//! The last steps of an action's process before its program starts.

use super::protocol::Request;
use super::{ROOT, roots, sys};
use anyhow::{Context, Result};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount};
use rustix::process::{chdir, pivot_root, setsid};
use rustix::thread::UnshareFlags;
use std::path::Path;

/// Leaves this process in the sandbox of `request`: own mounts, own session, current directory [`ROOT`].
///
/// # Errors
/// The system call that the kernel refused.
pub fn enter(request: &Request, stage: &Path) -> Result<()> {
    let root = if request.host {
        roots::host(stage)
    } else {
        roots::strict(stage)
    };
    sys::unshare(UnshareFlags::NEWNS).context("cannot make a mount namespace")?;
    sandbox(&request.dir, &root.join(ROOT.trim_start_matches('/')), request.overlay)?;
    if !request.host {
        roots::tmpfs(&root.join("tmp"))?;
        let shared_memory = root.join("dev/shm");
        if shared_memory.is_dir() {
            roots::tmpfs(&shared_memory)?;
        }
    }
    chdir(&root).context("cannot enter the new root")?;
    pivot_root(".", ".").context("cannot change the root")?;
    unmount(".", UnmountFlags::DETACH).context("cannot leave the old root")?;
    chdir(ROOT).context("cannot enter the sandbox")?;
    setsid().context("cannot start a session")?;
    Ok(())
}

/// Mounts the sandbox directory `dir` at `at`.
///
/// # Errors
/// The system call that the kernel refused.
pub fn sandbox(dir: &Path, at: &Path, overlay: bool) -> Result<()> {
    if !overlay {
        return mount_bind(dir.join("made"), at).context("cannot mount the sandbox");
    }
    // Relative names, because a comma or colon in the project's path would end an option.
    chdir(dir).context("cannot enter the sandbox directory")?;
    let layers = c"lowerdir=in,upperdir=made,workdir=work,userxattr";
    mount("overlay", at, "overlay", MountFlags::NOSUID | MountFlags::NODEV, layers).context("cannot mount the overlay")
}
