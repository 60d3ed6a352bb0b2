"""Tests of what is built with the machine's own toolchains."""

_SHA = "0123456789abcdef" * 4

_LOADS = """
load("//defs:defs.bzl", "cargo_package", "cargo_vendor", "host_c_toolchain", "make_package", "package_source", "registry_file")
registry_file(name = "x.crate", client = "cargo", package = "x", version = "1", sha256 = "{}")
package_source(name = "source", src = ":x.crate")
cargo_vendor(name = "crates", srcs = ["Cargo.toml", "Cargo.lock"])
""".format(_SHA)

_FILES = ["Cargo.toml", "Cargo.lock"]

def _recipe(analysis: typing.Any) -> typing.Any:
    [found] = [
        action.contents
        for action in analysis.actions
        if [output for output in action.outputs if output.endswith("recipe-in.json")]
    ]
    return json.decode(found)

def test_cargo_package(t: RuleTest) -> None:
    package = t.package(_LOADS + """
cargo_package(name = "p", package_name = "x", version = "1", bins = ["a", "b"], crates = ":crates", features = ["f"], srcs = [":source"])
""", files = _FILES)
    built = t.analyze(package + ":p", modifiers = ["linux-musl-arm64"])
    recipe = _recipe(built)
    [phase] = recipe["phases"]
    t.equal(phase[:4], ["build", "{tool:cargo-driver}", "build", "--out"])
    for words in [["--out", "{out}/usr/bin"], ["--target", "aarch64-unknown-linux-musl"], ["--features", "f"], ["--bin", "a"], ["--bin", "b"]]:
        t.check(words in [phase[at:at + 2] for at in range(len(phase))], repr(words))
    t.equal(list(recipe["toolchain"]["identity"]), ["$text"])
    t.check(recipe["toolchain"]["identity"]["$text"].endswith("rustc-summary.txt"), "the line that says `host`")
    identities = {tool["name"]: tool["identity"] for tool in recipe["tools"]}
    t.equal(identities["crates"], _SHA, "the lock file in the source pins them")
    t.check(t.action(built, "package_build").local_only, "it needs this machine's compiler")
    inputs = t.action(built, "package_hash").inputs
    t.equal([path for path in inputs if path.endswith("/crates")], [], "the hash fetches nothing")

def test_cargo_package_refusals(t: RuleTest) -> None:
    package = t.package(_LOADS + """
cargo_package(name = "no-bins", package_name = "x", version = "1", bins = [], crates = ":crates", srcs = [":source"])
cargo_package(name = "no-source", package_name = "x", version = "1", bins = ["a"], crates = ":crates", srcs = [])
""", files = _FILES)
    t.contains(t.failure(package + ":no-bins"), "`bins` is empty; name the programs to build")
    t.contains(t.failure(package + ":no-source"), "`srcs` is empty; expected the workspace, with its `Cargo.lock`")

def test_the_compiler_of_the_machine(t: RuleTest) -> None:
    package = t.package(_LOADS + """
make_package(name = "p", package_name = "x", version = "1", srcs = [":source"], toolchain = "//toolchains:host-cc")
""", files = _FILES)
    built = t.analyze(package + ":p")
    recipe = _recipe(built)
    t.equal(recipe["toolchain"]["id"], "host")
    t.equal(recipe["tools"], [])
    t.check(t.action(built, "package_build").local_only)
    identity = t.action(t.analyze("//toolchains:host-cc"), "host_identity")
    t.check(identity.local_only)
    t.equal(identity.argv[1:4], ["host-identity", "--program", "cc"])
