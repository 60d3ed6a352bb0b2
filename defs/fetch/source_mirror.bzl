"""`source_mirror`: pinned files in the folders of a mirror."""

load(":providers.bzl", "PinnedFileInfo")

def _source_mirror_impl(ctx: AnalysisContext) -> list[Provider]:
    places = {}
    for file in ctx.attrs.files:
        place = file[PinnedFileInfo].place
        if places.setdefault(place, file).label.raw_target() != file.label.raw_target():
            # Two targets for one file: either will do.
            continue
        places[place] = file
    out = ctx.actions.copied_dir("sources", {place: file[DefaultInfo].default_outputs[0] for place, file in places.items()})
    return [DefaultInfo(default_output = out)]

source_mirror = rule(
    doc = """A folder with pinned files, each at `<letter>/<package>-<version>.<sha256>`: what `[buckos] source_mirror` names, below
    a folder `sources`.""",
    impl = _source_mirror_impl,
    attrs = {"files": attrs.list(attrs.dep(providers = [PinnedFileInfo]), doc = "The files, `registry_file` targets.")},
)
