"""Tests of `release_matrix`."""

_PROGRAM = """
load("//defs:defs.bzl", "release_matrix")
export_file(name = "file")
genrule(name = "two", outs = {"a": ["a"], "b": ["b"]}, cmd = "true")
"""

def test_one_folder_for_all_platforms(t: RuleTest) -> None:
    package = t.package(_PROGRAM + """
release_matrix(name = "dist", srcs = {"p-1.0": ":file"}, extension = ".psp")
""", files = ["file"])
    dist = t.analyze(package + ":dist")
    t.equal(dist.sub_targets, ["darwin-amd64", "darwin-arm64", "linux-gnu-amd64", "linux-gnu-arm64", "linux-musl-amd64", "linux-musl-arm64", "windows-amd64", "windows-arm64"])
    argv = t.action(dist, "release").argv
    names = [argv[at + 1].split("=")[0] for at, word in enumerate(argv) if word == "--file"]
    t.equal(names, ["p-1.0-{}.psp{}".format(p, ".exe" if "windows" in p else "") for p in dist.sub_targets])

def test_each_is_built_for_its_platform(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "release_matrix")
[export_file(name = name) for name in ["mac", "musl", "arm", "gnu"]]
alias(name = "file", actual = select({
    "prelude//os:macos": ":mac",
    "prelude//os:linux": select({
        "prelude//abi:musl": select({"prelude//cpu:arm64": ":arm", "DEFAULT": ":musl"}),
        "DEFAULT": ":gnu",
    }),
}))
release_matrix(
    name = "dist",
    srcs = {"p": ":file"},
    platforms = ["linux-musl-arm64", "linux-musl-amd64", "linux-gnu-amd64", "darwin-arm64"],
    words = {"darwin-arm64": "darwin_arm64"},
)
""", files = ["mac", "musl", "arm", "gnu"])
    argv = t.action(t.analyze(package + ":dist"), "release").argv
    for name, file in [("p-linux-musl-arm64", "arm"), ("p-linux-musl-amd64", "musl"), ("p-linux-gnu-amd64", "gnu"), ("p-darwin_arm64", "mac")]:
        t.check([word for word in argv if word.startswith(name + "=") and word.endswith("/" + file)], "{} in {}".format(name, argv))

def test_optional_platforms(t: RuleTest) -> None:
    package = t.package(_PROGRAM + """
release_matrix(name = "dist", srcs = {"p": ":file"}, platforms = ["linux-musl-amd64", "darwin-arm64"], optional = ["darwin-arm64"])
""", files = ["file"])
    dist = t.analyze(package + ":dist")
    argv = t.action(dist, "release").argv
    t.equal(len([word for word in argv if word == "--file"]), 1)
    t.equal(sorted(dist.sub_targets), ["darwin-arm64", "linux-musl-amd64"])

def test_refusals(t: RuleTest) -> None:
    package = t.package(_PROGRAM + """
release_matrix(name = "unknown", srcs = {"p": ":file"}, platforms = ["beos"])
release_matrix(name = "none", srcs = {"p": ":file"}, platforms = [])
release_matrix(name = "optional", srcs = {"p": ":file"}, platforms = ["darwin-arm64"], optional = ["darwin-amd64"])
""", files = ["file"])
    t.contains(t.failure(package + ":unknown"), "`platforms` has \"beos\"; expected some of darwin-amd64, ")
    t.contains(t.failure(package + ":none"), "`platforms` is empty")
    t.contains(t.failure(package + ":optional"), "`optional` has \"darwin-amd64\", which `platforms` has not")
