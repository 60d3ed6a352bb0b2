"""`flavor_package` with the friendlier shape of `slots`."""

load(":flavor_package.bzl", _flavor_package = "flavor_package")
load(":slot.bzl", "slot")

def flavor_package(*, name: str, slots = [], profile: str = "flavorpack", visibility: list[str] = [], **kwargs) -> None:
    """The rule `flavor_package`, whose `slots` may also be a dict from slot id to the attributes of a `slot`.

    Each entry makes a target `<name>-<id>`, as visible as the package:

        slots = {
            "program": {"src": ":lookup", "target": "bin/lookup"},
            "data": {"src": "data", "target": "share/lookup", "operations": "tgz"},
        }
    """
    if isinstance(slots, dict):
        for id, attributes in slots.items():
            slot(name = "{}-{}".format(name, id), id = id, profile = profile, visibility = visibility, **attributes)
        slots = [":{}-{}".format(name, id) for id in slots]
    _flavor_package(name = name, slots = slots, profile = profile, visibility = visibility, **kwargs)
