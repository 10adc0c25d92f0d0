//! The `skillset` command.

fn main() -> std::process::ExitCode {
    skillset::cli::main()
}
