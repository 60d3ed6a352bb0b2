"""What the rules of binary packages hand to each other."""

# The recipe of a package. Read by whatever has the package as a dependency. Known before anything is built; what was built is
# in `BinaryPackageInfo`.
PackageRecipeInfo = provider(fields = {
    # 64 hex digits and a line end: the digest of the recipe.
    "config_hash": provider_field(Artifact),
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
