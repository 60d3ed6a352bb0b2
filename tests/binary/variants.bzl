"""Pairs of packages: `plain`, and one that differs from it in one thing."""

load("//defs:defs.bzl", "binary_package")

_PLAIN = {
    "package_name": "greeting",
    "permissions": {
        "usr/bin/greet": {"uid": 1},
        "usr/bin": {"gid": 2},
    },
    "src": "tree",
    "version": "1.0",
}

_INSENSITIVE = {
    "description": {"description": "says hello", "homepage": "https://example.org", "license": "MIT"},
    "format": {"format": "zst"},
    "label": {},
    "labels-and-visibility": {"visibility": ["PUBLIC"]},
    "order-of-permissions": {"permissions": {
        "usr/bin": {"gid": 2},
        "usr/bin/greet": {"uid": 1},
    }},
    "run-time-dependency": {"runtime_deps": [":greeting"]},
    "slot": {"slot": "2"},
}

_SENSITIVE = {
    "content": {"src": "other-tree"},
    "kind": {"kind": "prefix"},
    "libdir": {"libdir": "lib64"},
    "name": {"package_name": "salutation"},
    "permission": {"permissions": {"usr/bin/greet": {"uid": 1}}},
    "place": {
        "permissions": {
            "opt/usr/bin": {"gid": 2},
            "opt/usr/bin/greet": {"uid": 1},
        },
        "place": "opt",
    },
    "prefix": {"prefix": "/opt/greeting"},
    "revision": {"revision": 1},
    "time": {"source_date_epoch": 1},
    "version": {"version": "1.1"},
}

INSENSITIVE = _INSENSITIVE.keys()
SENSITIVE = _SENSITIVE.keys()

def variants() -> None:
    """Makes `plain` and its variants, each named after what is different."""
    binary_package(name = "plain", **_PLAIN)
    for name, difference in (_INSENSITIVE | _SENSITIVE).items():
        binary_package(name = name, **(_PLAIN | difference))
