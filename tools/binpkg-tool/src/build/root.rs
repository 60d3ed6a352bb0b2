//! The root directory that phases see: what the recipe names, and nothing of this machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, mount_change,
    mount_remount, unmount,
};
use rustix::process::{chdir, pivot_root};

use super::namespaces::USER;
use super::plan::{Mount, Plan};

/// The name of the machine, and in `/etc/hosts`. Nobody else has it, so the scan for leaks can look for it.
pub const HOST: &str = "buckpack-builder";

/// The devices that programs expect everywhere.
const DEVICES: [&str; 5] = ["full", "null", "random", "urandom", "zero"];

/// Moves this process into the new root of the plan.
///
/// # Errors
/// The system call that the kernel refused.
pub fn enter(plan: &Plan) -> Result<()> {
    let place = &plan.root;
    rustix::system::sethostname(HOST.as_bytes()).context("cannot hide the host name")?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).context("the kernel permits no mounts")?;
    tmpfs(place)?;
    if plan.host {
        host(place)?;
    }
    for (inside, input) in &plan.mounts {
        show(input, &place.join(inside.trim_start_matches('/')))?;
    }
    if !plan.host {
        accounts(&place.join("etc"))?;
        programs(place, plan.env.get("PATH").map(String::as_str).unwrap_or_default())?;
    }
    devices(&place.join("dev"))?;
    proc(&place.join("proc"))?;
    symlink("build/tmp", place.join("tmp")).context("cannot write in the new root")?;

    chdir(place).context("cannot enter the new root")?;
    pivot_root(".", ".").context("cannot change the root")?;
    unmount(".", UnmountFlags::DETACH).context("cannot leave the old root")?;
    remount("/", true)
}

/// Shows what the machine has in its root directory, but for the places that are ours.
fn host(place: &Path) -> Result<()> {
    for entry in fs::read_dir("/").context("cannot list /")? {
        let path = entry.context("cannot list /")?.path();
        if ["/build", "/dev", "/proc", "/tmp"]
            .iter()
            .any(|own| path == Path::new(own))
        {
            continue;
        }
        let at = place.join(path.strip_prefix("/").unwrap_or(&path));
        if path.is_symlink() {
            let target = fs::read_link(&path).with_context(|| format!("cannot read the link {}", path.display()))?;
            symlink(target, &at).with_context(|| format!("cannot write the link {}", path.display()))?;
        } else if path.is_dir() {
            create(&at)?;
            mount_bind_recursive(&path, &at).with_context(|| format!("cannot show {}", path.display()))?;
        }
    }
    Ok(())
}

fn tmpfs(at: &Path) -> Result<()> {
    create(at)?;
    mount(
        "tmpfs",
        at,
        "tmpfs",
        MountFlags::NOSUID | MountFlags::NODEV,
        c"mode=755",
    )
    .with_context(|| format!("cannot mount a tmpfs on {}", at.display()))
}

fn create(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))
}

fn show(input: &Mount, place: &Path) -> Result<()> {
    if input.path.is_dir() {
        create(place)?;
    } else {
        create(place.parent().unwrap_or(place))?;
        fs::write(place, "").with_context(|| format!("cannot create {}", place.display()))?;
    }
    mount_bind(&input.path, place).with_context(|| format!("cannot show {}", input.path.display()))?;
    if input.writable { Ok(()) } else { remount(place, false) }
}

/// Write-protects a mount. What its file system already forbids must be said again, or the kernel refuses.
fn remount(place: impl AsRef<Path>, root: bool) -> Result<()> {
    let place = place.as_ref();
    let context = || format!("cannot write-protect {}", place.display());
    let kept = [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ];
    let has = statvfs(place).with_context(context)?.f_flag;
    let mut flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID;
    if root {
        flags |= MountFlags::NODEV;
    }
    for (_, flag) in kept.into_iter().filter(|(found, _)| has.contains(*found)) {
        flags |= flag;
    }
    mount_remount(place, flags, c"").with_context(context)
}

fn devices(dev: &Path) -> Result<()> {
    create(dev)?;
    for name in DEVICES {
        let place = dev.join(name);
        fs::write(&place, "").with_context(|| format!("cannot create {}", place.display()))?;
        mount_bind(Path::new("/dev").join(name), &place).with_context(|| format!("cannot show /dev/{name}"))?;
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "fd/0"),
        ("stdout", "fd/1"),
        ("stderr", "fd/2"),
    ] {
        symlink(target, dev.join(name)).with_context(|| format!("cannot write the link /dev/{name}"))?;
    }
    Ok(())
}

fn proc(proc: &Path) -> Result<()> {
    create(proc)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    if mount("proc", proc, "proc", flags, None).is_err() {
        // Inside a container the kernel forbids a fresh one; the processes of the host are then visible.
        mount_bind_recursive("/proc", proc).context("cannot show /proc")?;
    }
    Ok(())
}

/// What programs ask for about users and hosts, the same everywhere.
fn accounts(etc: &Path) -> Result<()> {
    create(etc)?;
    for (name, text) in [
        (
            "passwd",
            format!("root:x:0:0:root:/:/bin/sh\nbuilder:x:{USER}:{USER}:builder:/build/home:/bin/sh\n"),
        ),
        ("group", format!("root:x:0:\nbuilder:x:{USER}:\n")),
        ("hosts", format!("127.0.0.1 localhost {HOST}\n")),
    ] {
        fs::write(etc.join(name), text).with_context(|| format!("cannot write /etc/{name}"))?;
    }
    Ok(())
}

/// `/bin/sh` and `/usr/bin/env`, which scripts name by their whole path: those that `PATH` finds, if it finds any.
fn programs(root: &Path, path: &str) -> Result<()> {
    for place in ["bin/sh", "usr/bin/env"] {
        let name = Path::new(place).file_name().unwrap_or_default();
        let found = path.split(':').map(|dir| PathBuf::from(dir).join(name));
        let exists = |inside: &PathBuf| {
            let place = root.join(inside.strip_prefix("/").unwrap_or(inside));
            fs::symlink_metadata(place).is_ok()
        };
        let Some(target) = found.into_iter().find(exists) else {
            continue;
        };
        let link = root.join(place);
        create(link.parent().unwrap_or(root))?;
        symlink(target, &link).with_context(|| format!("cannot write the link /{place}"))?;
    }
    Ok(())
}
