//! One start, from arguments to exit code.

use std::ffi::OsString;

use pspf_policy::{Floor, Places};

use crate::cli;
use crate::failure::Failure;
use crate::options::Options;
use crate::own::Own;
use crate::say::Say;
use crate::start::Start;
use crate::system::{self, Status};

/// Starts the package that this process was made from. `args` begins with the name it was called by. Returns the exit
/// code, unless the program took the place of this process.
pub fn run(args: Vec<OsString>) -> Status {
    system::prepare();
    // Where a panic is an instruction, its signal says so.
    #[cfg(not(panic = "immediate-abort"))]
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("psp-launcher: error: a fault of the launcher, please report it: {panic}");
        std::process::exit(i32::from(crate::failure::Code::Panic as u8));
    }));
    let options = Options::of_process();
    let say = Say::new(&options);
    match start(args, &options, &say) {
        Ok(code) => code,
        Err(failure) => {
            say.error(&failure.to_string());
            failure.code as Status
        }
    }
}

fn start(args: Vec<OsString>, options: &Options, say: &Say) -> Result<Status, Failure> {
    let own = Own::open(args)?;
    let places = Places::of_process();
    let floor = Floor::read(&places)?;
    let start = Start {
        own: &own,
        options,
        say,
        floor,
        places,
    };
    match options.cli {
        true => cli::run(&start),
        false => start.run(own.program_args()),
    }
}
