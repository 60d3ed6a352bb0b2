"""The flags of this repository's packages, each off by default."""

FLAGS = [
    # Everything that a program can do, in place of what most people need.
    "full",
    # Messages in other languages.
    "nls",
    # Libraries as files of their own, found at run time; for platforms whose C library is one, too.
    "shared",
]
