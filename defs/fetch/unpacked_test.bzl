"""Tests of `unpacked`."""

def test_one_action_unpacks(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "unpacked")
unpacked(name = "tree", src = "a.tar.gz", strip = 1)
""", files = ["a.tar.gz"])
    tree = t.analyze(package + ":tree")
    unpack = t.action(tree, "unpack")
    folder = package.removeprefix("buckpack//")
    t.equal(unpack.argv[1:], [
        "unpack",
        "--archive",
        folder + "/a.tar.gz",
        "--strip",
        "1",
        "--out",
        "out/{}/__tree__/tree".format(folder),
    ])
    t.check(not unpack.local_only, "it needs nothing of the host")
    t.equal(tree.providers[DefaultInfo].default_outputs[0].short_path, "tree")

def test_one_file_of_many(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "unpacked")
unpacked(name = "tree", src = "a.zip", files = {"one": "bin/one"})
""", files = ["a.zip"])
    [file] = t.analyze(package + ":tree").providers[DefaultInfo].sub_targets["one"][DefaultInfo].default_outputs
    t.equal(file.short_path, "tree/bin/one")

def test_refusals(t: RuleTest) -> None:
    t.contains(t.package_failure("""
load("//defs:defs.bzl", "unpacked")
unpacked(name = "tree")
"""), "attribute `src`: ")
    t.contains(t.package_failure("""
load("//defs:defs.bzl", "unpacked")
unpacked(name = "tree", src = "a", strip = "1")
""", files = ["a"]), "attribute `strip`: expected `attrs.int()`, found `\"1\"`")
