"""Tests of `cargo_package`."""

_PACKAGE = """
load("//defs:defs.bzl", "cargo_package", "cargo_vendor", "package_source", "registry_file")
registry_file(name = "x.crate", client = "cargo", package = "x", version = "1", sha256 = "{sha}")
package_source(name = "source", src = ":x.crate")
cargo_vendor(name = "crates", srcs = ["Cargo.lock", "Cargo.toml"])
cargo_package(name = "p", package_name = "x", version = "1", crates = ":crates", {attributes})
"""

_SHA = "0123456789abcdef" * 4

def _package(t: RuleTest, attributes: str) -> str:
    return t.package(_PACKAGE.format(attributes = attributes, sha = _SHA), files = ["Cargo.lock", "Cargo.toml"])

def test_one_phase_runs_the_driver(t: RuleTest) -> None:
    package = _package(t, 'srcs = [":source"], bins = ["one", "two"], features = ["a", "b"]')
    built = t.analyze(package + ":p", modifiers = ["linux-musl-amd64"])
    [recipe] = [json.decode(action.contents) for action in built.actions if action.outputs[0].endswith("recipe-in.json")]
    [phase] = recipe["phases"]
    t.equal(phase[:3], ["build", "{tool:cargo-driver}", "build"])
    for words in [
        ["--out", "{out}/usr/bin"],
        ["--workspace", "{src}"],
        ["--target", "x86_64-unknown-linux-musl"],
        ["--features", "a,b"],
        ["--bin", "one"],
        ["--bin", "two"],
    ]:
        t.check(words in [phase[at:at + 2] for at in range(3, len(phase))], " ".join(words))
    t.equal(recipe["toolchain"]["id"], "rust")
    t.equal(recipe["sources"][0]["sha256"], _SHA)
    t.equal({tool["name"]: tool["identity"] for tool in recipe["tools"]}["crates"], _SHA, "the sources pin the crates")
    t.check(t.action(built, "package_build").local_only, "the compiler is the machine's")

def test_refusals(t: RuleTest) -> None:
    t.contains(t.failure(_package(t, 'srcs = [":source"], bins = []') + ":p"), "`bins` is empty; name the programs to build")
    t.contains(t.failure(_package(t, 'srcs = [], bins = ["one"]') + ":p"), "`srcs` is empty; expected the workspace, with its `Cargo.lock`")
