"""What the fetching rules hand on."""

# A file that is pinned: its digest is known before anybody has it. Read by recipes, so that a config hash fetches nothing.
PinnedFileInfo = provider(fields = {
    # Where a mirror of sources has it, below its folder `sources`.
    "place": provider_field(str),
    # SHA-256, 64 hex digits.
    "sha256": provider_field(str),
    "version": provider_field(str),
})
