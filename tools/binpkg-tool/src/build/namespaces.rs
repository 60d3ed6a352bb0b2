//! Namespaces of its own for the builder, without any privilege of the caller.

use std::fs;
use std::io;

use anyhow::{Context, Result};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;

/// What to say where the kernel has none: there is no second way that would give the same bytes.
const NEEDED: &str = "building from source needs user namespaces, so that nothing of this machine gets in; allow them (sysctl \
                      kernel.unprivileged_userns_clone=1 or user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0, \
                      in a container --security-opt seccomp=unconfined; with Buck2, an execution platform without network_access), or take the package from a mirror: [buckos] \
                      prefer_binaries = true";

/// Moves this process into namespaces of its own, as their administrator, and its children into a process namespace. The mounts
/// stay: this process has to find the result.
///
/// # Errors
/// The kernel forbids it; the words say what to change.
pub fn enter() -> Result<()> {
    let all = UnshareFlags::NEWPID
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWCGROUP;
    become_user(0, all).context(NEEDED)
}

/// Gives this process mounts of its own; a root that it changes stays that of everybody else.
///
/// # Errors
/// The operating system's.
pub fn own_mounts() -> Result<()> {
    unshare(UnshareFlags::NEWNS).context("cannot make a mount namespace")
}

/// Gives up the administrator's rights over the namespaces: what runs from here on is an ordinary user.
///
/// # Errors
/// The operating system's.
pub fn drop_rights() -> Result<()> {
    become_user(USER, UnshareFlags::empty()).context("cannot give up rights")
}

/// User and group of the phases, on every machine.
pub const USER: u32 = 1000;

fn become_user(id: u32, others: UnshareFlags) -> Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER | others).context("the kernel permits no new namespaces")?;
    fs::write("/proc/self/setgroups", "deny").context("cannot set up the user namespace")?;
    fs::write("/proc/self/uid_map", format!("{id} {user} 1")).context("cannot map the user")?;
    fs::write("/proc/self/gid_map", format!("{id} {group} 1")).context("cannot map the group")
}

#[expect(unsafe_code, reason = "a system call that no safe wrapper offers")]
fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: only UnshareFlags::FILES can break a promise of safe code, and no caller passes it.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}
