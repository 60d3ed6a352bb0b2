"""Which zig it is."""

ZIG_VERSION = "0.17.0"
