"""Builds one package with FlavorPack's Python `PSPFBuilder`; run with the Python of FlavorPack's own environment.

python_builder.py SPEC.json OUT LAUNCHER SEED
"""

import json
import sys
from pathlib import Path

from flavor.psp.format_2025.pspf_builder import PSPFBuilder


def main() -> int:
    spec_file, out, launcher, seed = sys.argv[1:]
    spec = json.loads(Path(spec_file).read_text())
    builder = PSPFBuilder.create().metadata(**spec["metadata"])
    for slot in spec["slots"]:
        builder = builder.add_slot(**{**slot, "data": Path(slot["data"])})
    result = builder.with_keys(seed=seed).with_options(launcher_bin=Path(launcher)).build(Path(out))
    for error in result.errors:
        print(error, file=sys.stderr)
    return 0 if result.success else 1


sys.exit(main())
