"""`make_package`: configure, make, make install."""

load(":providers.bzl", "CToolchainInfo")
load(":source_build.bzl", "build_source_package", "c_toolchain_attr", "source_attrs")

def _make_package_impl(ctx: AnalysisContext) -> list[Provider]:
    phases = []
    if ctx.attrs.configure:
        own = ctx.attrs.toolchain[CToolchainInfo].configure_args if ctx.attrs.autoconf else []
        phases.append(["configure"] + ctx.attrs.configure + ["--prefix=" + ctx.attrs.prefix] + own + ctx.attrs.configure_args)
    elif ctx.attrs.configure_args:
        fail("`configure_args` are for the command in `configure`, which is empty; expected one of them to be set or both to be empty")
    jobs = ["-j{jobs}"] if ctx.attrs.parallel else []
    phases.append(["compile", "make"] + jobs + ctx.attrs.make_args)
    phases.append(["install", "make"] + ctx.attrs.make_args + ctx.attrs.install_args)
    return build_source_package(ctx, phases = phases)

make_package = rule(
    doc = """Builds a package from source with its own Makefile, after its `configure` if it has one, in a place where nothing
    of this machine can be seen. The target is the tree of the package; `[tarball]`, `[sha256]`, `[manifest]`, `[recipe]`,
    `[config-hash]` and others are views of it.

    ```python
    make_package(
        name = "hello",
        package_name = "hello",
        version = "2.10",
        srcs = [":source"],
        configure_args = ["--disable-nls"],
    )
    ```
    """,
    impl = _make_package_impl,
    attrs = source_attrs() | c_toolchain_attr() | {
        "autoconf": attrs.bool(default = True, doc = "Whether `configure` takes `--host` and `--build`."),
        "configure": attrs.list(attrs.string(), default = ["sh", "./configure"], doc = "The command that configures; `--prefix` is added. Empty for a plain Makefile."),
        "configure_args": attrs.list(attrs.string(), default = [], doc = "Further arguments of `configure`."),
        "install_args": attrs.list(attrs.string(), default = ["DESTDIR={out}", "install"], doc = "Arguments of the `make` that installs."),
        "make_args": attrs.list(attrs.string(), default = [], doc = "Arguments of every `make`."),
        "parallel": attrs.bool(default = True, doc = "Whether its Makefiles say all that must come before what."),
    },
)
