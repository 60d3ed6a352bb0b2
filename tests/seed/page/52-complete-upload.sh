# 3. Upload to mirror
./scripts/upload-binaries.py \
    --source ./binaries \
    --mirror user@mirror.buckos.org:/var/www/buckos-mirror/binaries \
    --use-rsync
