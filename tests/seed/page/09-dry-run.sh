# Dry run (see what would be uploaded)
./scripts/upload-binaries.py \
    --source ./binaries \
    --mirror user@mirror.buckos.org:/var/www/buckos-mirror/binaries \
    --dry-run
