# List available packages
./scripts/install-binary.py bash --list

# Check mirror index
curl https://mirror.buckos.org/binaries/index.json | jq .by_name.bash
