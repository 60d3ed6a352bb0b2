# Test connection
ssh user@mirror.buckos.org

# Use dry-run to test
./scripts/upload-binaries.py --source ./binaries --mirror user@host:/path --dry-run

# Try local upload first
./scripts/upload-binaries.py --source ./binaries --mirror /tmp/test-mirror
