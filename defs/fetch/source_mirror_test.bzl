"""Tests of `source_mirror`."""

_SHA = "0123456789abcdef" * 4

def test_files_stand_at_their_places(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "registry_file", "source_mirror")
registry_file(name = "one", client = "cargo", package = "x", version = "1", sha256 = "{sha}")
registry_file(name = "same", client = "cargo", package = "x", version = "1", sha256 = "{sha}")
registry_file(name = "two", client = "pip", package = "y", version = "2", sha256 = "{sha}")
source_mirror(name = "mirror", files = [":one", ":same", ":two"])
export_file(name = "file", src = "f")
source_mirror(name = "bad", files = [":file"])
""".format(sha = _SHA), files = ["f"])
    mirror = t.analyze(package + ":mirror")
    t.equal(mirror.providers[DefaultInfo].default_outputs[0].short_path, "sources")
    [copy] = [action for action in mirror.actions if action.outputs[0].endswith("/sources")]
    t.equal(sorted([path.split("/")[-2] for path in copy.inputs]), ["__one__", "__two__"], "one file, one place")
    t.contains(t.failure(package + ":bad"), "attribute `files`: `{}:file` must provide `PinnedFileInfo`".format(package))
