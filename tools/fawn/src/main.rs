//! The program `fawn`: see the library for everything.

fn main() -> std::process::ExitCode {
    fawn::commands::main()
}
