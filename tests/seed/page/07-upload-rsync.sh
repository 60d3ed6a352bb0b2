# Use rsync (faster for updates)
./scripts/upload-binaries.py \
    --source ./binaries \
    --mirror user@mirror.buckos.org:/var/www/buckos-mirror/binaries \
    --use-rsync
