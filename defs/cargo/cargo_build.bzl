"""The one way in which the cargo rules start cargo."""

load("//defs/source:providers.bzl", "BuildToolInfo")
load(":providers.bzl", "CargoCratesInfo", "RustToolchainInfo")
load(":workspace.bzl", "cargo_workspace", "workspace_attrs")

def cargo_build_attrs() -> dict[str, Attr]:
    """Attributes that every rule which compiles with cargo has."""
    return workspace_attrs() | {
        "bins": attrs.list(attrs.string(), default = [], doc = "Programs of the workspace to build, by name."),
        "build_tools": attrs.list(
            attrs.exec_dep(providers = [BuildToolInfo]),
            default = [],
            doc = "What build scripts of crates start, such as make: they find it before the tools of the toolchain.",
        ),
        "cflags": attrs.list(attrs.string(), default = [], doc = "Further arguments of the C compiler, for the C code of crates. None may hold blanks, quotes or backslashes: they go through `CFLAGS`, which build scripts split."),
        "crates": attrs.exec_dep(
            providers = [CargoCratesInfo],
            doc = "Where the crates of `Cargo.lock` come from: a `cargo_vendor` target.",
        ),
        "crt_static": attrs.bool(default = False, doc = "Link the C library into the program."),
        "features": attrs.list(attrs.string(), default = [], doc = "Cargo features, as `--features` takes them."),
        "profile": attrs.string(default = "release", doc = "Cargo profile."),
        "rustflags": attrs.list(attrs.string(), default = [], doc = "Further arguments of rustc, for everything that is built for the target."),
        "_rust": attrs.default_only(attrs.toolchain_dep(
            providers = [RustToolchainInfo],
            default = read_root_config("buckpack", "rust_toolchain", "//toolchains/rust:rust"),
        )),
    }

def cargo_build(ctx: AnalysisContext, *, command: str, arguments: list[str]) -> Artifact:
    """Declares one cargo action and returns its directory: programs at the top, each under its own name."""
    rust = ctx.attrs._rust[RustToolchainInfo]
    out = ctx.actions.declare_output("bin", dir = True)
    cmd = cmd_args(
        rust.driver,
        command,
        cmd_args("--out", out.as_output()),
        cmd_args("--workspace", cargo_workspace(ctx)),
        cmd_args("--crates", ctx.attrs.crates[CargoCratesInfo].directory),
        cmd_args("--identity", rust.identity),
        cmd_args("--target", rust.target),
        cmd_args("--profile", ctx.attrs.profile),
    )
    if rust.expected:
        cmd.add("--expect", rust.expected)
    if rust.standard_libraries:
        profiles = rust.standard_libraries
        cmd.add("--std", profiles.get(ctx.attrs.profile) or profiles[""], rust.zig)
    if ctx.attrs.crt_static:
        cmd.add("--rustflag", "-Ctarget-feature=+crt-static")
    cmd.add([["--rustflag", flag] for flag in ctx.attrs.rustflags])
    cmd.add([["--cflag", _checked_cflag(flag)] for flag in ctx.attrs.cflags])
    cmd.add([build_tool_args(tool) for tool in ctx.attrs.build_tools], rust.tools or [])
    if ctx.attrs.features:
        cmd.add("--features", ",".join(ctx.attrs.features))
    for bin in ctx.attrs.bins:
        cmd.add("--bin", bin)
    cmd.add(arguments)
    ctx.actions.run(cmd, category = "cargo_" + command, local_only = True, weight = 2)
    return out

def build_tool_args(tool: Dependency) -> cmd_args:
    """A tool of build scripts, as the driver takes it."""
    info = tool[BuildToolInfo]
    if info.env:
        fail("{} wants the variables {}, but build scripts of crates get none; name a tool without".format(tool.label.raw_target(), ", ".join(info.env)))
    return cmd_args([cmd_args("--tools", info.tree.project(folder)) for folder in info.bins], hidden = info.tree)

def _checked_cflag(flag: str) -> str:
    splitting = [char for char in " \t\r\n'\"\\".elems() if char in flag]
    if splitting or not flag:
        fail("`cflags` holds {}: build scripts split `CFLAGS` at blanks, so no flag may be empty or hold blanks, quotes or backslashes; give each word as a flag of its own".format(repr(flag)))
    return flag

def program_providers(program: Artifact) -> list[Provider]:
    """Providers of one program inside the directory."""
    return [DefaultInfo(default_output = program), RunInfo(args = cmd_args(program))]
