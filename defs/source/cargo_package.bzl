"""`cargo_package`: programs of a Cargo workspace as a package."""

load("//defs/cargo:providers.bzl", "CargoCratesInfo", "RustToolchainInfo")
load(":providers.bzl", "BuildToolInfo", "CToolchainInfo", "PackageSourceInfo")
load(":source_build.bzl", "build_source_package", "source_attrs")

def _tool(name: str, tree: Artifact, identity: typing.Any) -> Provider:
    return BuildToolInfo(bins = [], env = {}, identity = identity, name = name, tree = tree)

def _toolchain(ctx: AnalysisContext, rust: Provider) -> Provider:
    """What of the Rust toolchain stands in recipes: `host` says that it is the machine's own."""
    [first] = [source[PackageSourceInfo] for source in ctx.attrs.srcs][:1] or [None]
    if not first:
        fail("`srcs` is empty; expected the workspace, with its `Cargo.lock`")
    host = {"$text": rust.summary}
    return CToolchainInfo(
        configure_args = [],
        # Where the driver works; not among the sources, which it copies there.
        env = {"BUCK_SCRATCH_PATH": "/build/tmp"},
        flags_variable = None,
        local_only = True,
        prepare = [],
        toolchain = {"flags": [], "id": "rust", "identity": host, "target": rust.target, "version": rust.expected or "any"},
        tools = [
            _tool("cargo-driver", ctx.attrs._driver[DefaultInfo].default_outputs[0], {"$sha256": ctx.attrs._driver_source}),
            # `Cargo.lock` pins every crate, so they are what the sources say they are.
            _tool("crates", ctx.attrs.crates[CargoCratesInfo].directory, first.sha256 or {"$sha256": first.file}),
            _tool("rust-identity", rust.identity, host),
        ],
    )

def _cargo_package_impl(ctx: AnalysisContext) -> list[Provider]:
    if not ctx.attrs.bins:
        fail("`bins` is empty; name the programs to build")
    rust = ctx.attrs._rust[RustToolchainInfo]
    build = ["build", "{tool:cargo-driver}", "build"]
    for name, value in [
        ("out", "{out}" + ctx.attrs.prefix + "/bin"),
        ("workspace", "{src}"),
        ("crates", "{tool:crates}"),
        ("identity", "{tool:rust-identity}"),
        ("target", rust.target),
        ("profile", ctx.attrs.profile),
    ]:
        build.extend(["--" + name, value])
    if ctx.attrs.features:
        build.extend(["--features", ",".join(ctx.attrs.features)])
    for bin in ctx.attrs.bins:
        build.extend(["--bin", bin])
    return build_source_package(ctx, phases = [build], toolchain = _toolchain(ctx, rust))

cargo_package = rule(
    doc = """Builds programs of a Cargo workspace into a package. The compiler is the machine's, so the recipe's toolchain says
    `host`, and such a package is not for others until Rust comes as a pinned tool. What `rustc -vV` says is in the config hash.

    ```python
    cargo_package(
        name = "ripgrep",
        package_name = "ripgrep",
        version = "15.1.0",
        bins = ["rg"],
        crates = ":crates",
        srcs = [":source"],
    )
    ```
    """,
    impl = _cargo_package_impl,
    attrs = source_attrs() | {
        "bins": attrs.list(attrs.string(), doc = "Programs of the workspace, by name."),
        "crates": attrs.exec_dep(providers = [CargoCratesInfo], doc = "Where the crates of `Cargo.lock` come from: a `cargo_vendor` target."),
        "features": attrs.list(attrs.string(), default = [], doc = "Cargo features."),
        "profile": attrs.string(default = "release", doc = "Cargo profile."),
        "_driver": attrs.default_only(attrs.exec_dep(default = "//defs/cargo:driver")),
        "_driver_source": attrs.default_only(attrs.source(default = "//defs/cargo:driver-source")),
        "_rust": attrs.default_only(attrs.toolchain_dep(
            providers = [RustToolchainInfo],
            default = read_root_config("buckpack", "rust_toolchain", "//toolchains/rust:rust"),
        )),
    },
)
