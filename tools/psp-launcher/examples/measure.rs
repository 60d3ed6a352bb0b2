//! Runs a command once and prints what it took: seconds, peak memory in KiB, exit code. For `scripts/bench`.
//!
//! Small on purpose: the peak memory of a child counts that of whoever started it.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

#[expect(clippy::zombie_processes, reason = "wait4 below waits for it")]
fn main() {
    let mut args = std::env::args_os().skip(1);
    let program = args.next().expect("usage: measure PROGRAM [ARGS]");
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().expect("the program starts");
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    let pid = libc::pid_t::try_from(child.id()).expect("a process id");
    // SAFETY: both places are ours, and the child is not waited for by anybody else.
    #[allow(unsafe_code, reason = "std does not tell what a child used")]
    let usage = unsafe {
        libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = start.elapsed().as_secs_f64();
    let code = ExitStatus::from_raw(status).code().unwrap_or(-1);
    println!("{seconds:.6} {} {code}", usage.ru_maxrss);
}
