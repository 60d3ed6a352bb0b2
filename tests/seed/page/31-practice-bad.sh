# Bad (might get wrong version)
./scripts/install-binary.py bash
