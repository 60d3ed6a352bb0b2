# Package a single target
./scripts/package-binary.py //packages/linux/core/bash:bash
