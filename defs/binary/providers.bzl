"""What the rules of binary packages hand to each other."""

# The recipe of a package. Read by whatever has the package as a dependency. Known before anything is built; what was built is
# in `BinaryPackageInfo`.
PackageRecipeInfo = provider(fields = {
    # 64 hex digits and a line end: the digest of the recipe.
    "config_hash": provider_field(Artifact),
    # Whether it is built here whatever is published, because its name or that of a dependency is in `build_from_source`.
    "from_source": provider_field(bool, default = False),
    # JSON: its recipe and those of everything that it is built with, by config hash. Made when somebody asks for an explanation.
    "lineage": provider_field(Artifact | None, default = None),
    "name": provider_field(str),
    # Canonical JSON: everything that can influence the build.
    "recipe": provider_field(Artifact),
    "version": provider_field(str),
})

# A finished package. The file name under which it is published is in the sidecar, because it holds the config hash, which no
# rule knows.
BinaryPackageInfo = provider(fields = {
    # The list of its entries; its digest is the content hash.
    "manifest": provider_field(Artifact),
    # `METADATA.json`.
    "metadata": provider_field(Artifact),
    # What `sha256sum -c` reads, with name and hashes in comments.
    "sidecar": provider_field(Artifact),
    "tarball": provider_field(Artifact),
})

# The files of a package under their final names, in a directory, and the report of whoever checked them.
PackagedFiles = record(
    files = field(Artifact),
    report = field(Artifact),
)

# A package and everything that it needs at run time, whatever depends on whatever.
RuntimeClosureInfo = provider(fields = {
    # Configured label to `PackagedFiles`, dependencies first. Those of another cell are of another type, so it is not named.
    "packages": provider_field(dict[str, typing.Any]),
})

# A binary of the lock file. Its artifacts are fetched when an action uses them.
PublishedBinary = provider(fields = {
    # File name of the tarball.
    "name": provider_field(str),
    # What was hashed to get its config hash.
    "recipe": provider_field(Artifact),
    # JSON: its record in the lock file, written here.
    "record": provider_field(Artifact),
    "tarball": provider_field(Artifact),
    "version": provider_field(str),
})

# What builds may take, and whether they should. Read by every package that is built from source.
BinaryMirrorInfo = provider(fields = {
    # Package name to full config hash to `PublishedBinary`.
    "by_name": provider_field(dict[str, dict[str, typing.Any]]),
    # Names of packages that are built here whatever is published, as is what depends on them.
    "from_source": provider_field(list[str]),
    # `never`, `if-available` or `require`, for packages that do not say it themselves.
    "prefer_binaries": provider_field(str),
})

# A package as a tree, for whoever builds with it: from source, or from a published binary.
PackageTreeInfo = provider(fields = {
    "tree": provider_field(Artifact),
})
