"""`cargo_test_programs` compiles the tests of a workspace in one action; `cargo_test` runs those of one crate."""

load(":cargo_build.bzl", "cargo_build", "cargo_build_attrs")

# Compiled tests of a workspace.
CargoTestsInfo = provider(fields = {
    # The crates whose tests are inside.
    "packages": provider_field(list[str]),
    # Programs at the top, test programs below `deps/<crate>/`.
    "directory": provider_field(Artifact),
    # Runs them; see `cargo_driver.rs`.
    "driver": provider_field(RunInfo),
})

def _cargo_test_programs_impl(ctx: AnalysisContext) -> list[Provider]:
    arguments = []
    for package in ctx.attrs.packages:
        arguments.extend(["--package", package])
    out = cargo_build(ctx, command = "tests", arguments = arguments)
    return [
        DefaultInfo(default_output = out),
        CargoTestsInfo(packages = ctx.attrs.packages, directory = out, driver = ctx.attrs._driver[RunInfo]),
    ]

cargo_test_programs = rule(
    doc = """Compiles the tests of some crates of a workspace, and the programs of these crates (`bins`) that they start, in one
    offline action. `cargo_test` runs them.""",
    impl = _cargo_test_programs_impl,
    attrs = cargo_build_attrs() | {
        "packages": attrs.list(attrs.string(), doc = "Crates whose tests are compiled."),
        "_driver": attrs.default_only(attrs.exec_dep(providers = [RunInfo], default = "//defs/cargo:driver")),
    },
)

def _cargo_test_impl(ctx: AnalysisContext) -> list[Provider]:
    tests = ctx.attrs.programs[CargoTestsInfo]
    if ctx.attrs.package not in tests.packages:
        fail("`package` is {}, but {} compiles the tests of {} only".format(
            repr(ctx.attrs.package),
            ctx.attrs.programs.label.raw_target(),
            ", ".join(tests.packages),
        ))
    return [
        DefaultInfo(default_output = tests.directory),
        ExternalRunnerTestInfo(
            type = "cargo",
            command = [tests.driver, "run-tests", tests.directory, ctx.attrs.package] + ctx.attrs.args,
            env = {"BUCKPACK_PROGRAMS": cmd_args(tests.directory)},
            # Tests start servers on the loopback interface, which an execution platform without a network lacks.
            default_executor = CommandExecutorConfig(local_enabled = True, remote_enabled = False),
            run_from_project_root = True,
            use_project_relative_paths = True,
        ),
    ]

cargo_test = rule(
    doc = """Runs the tests of one crate. They find the workspace's programs through `BUCKPACK_PROGRAMS`.

    ```python
    cargo_test(name = "digest-test", package = "digest", programs = ":test-programs")
    ```
    """,
    impl = _cargo_test_impl,
    attrs = {
        "args": attrs.list(attrs.string(), default = [], doc = "Arguments for the test programs."),
        "package": attrs.string(doc = "The crate, by its name in `Cargo.toml`."),
        "programs": attrs.dep(providers = [CargoTestsInfo], doc = "A `cargo_test_programs` target that compiles its tests."),
    },
)
