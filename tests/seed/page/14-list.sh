# List available versions
./scripts/install-binary.py bash --list
