# Good
./scripts/install-binary.py bash --version 5.3
