"""What `genrule` wants of the cell `toolchains`."""

GenruleToolchainInfo = provider(
    doc = "The toolchain of `genrule`.",
    fields = {
        "zip_scrubber": provider_field(typing.Any, default = None),
    },
)
