"""What a genrule asks of its toolchain."""

GenruleToolchainInfo = provider(
    doc = "Genrule toolchain.",
    fields = {
        # A program that makes zip outputs deterministic.
        "zip_scrubber": provider_field(typing.Any, default = None),
    },
)
