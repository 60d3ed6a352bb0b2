# Package and upload to mirror
./scripts/package-binary.py \
    //packages/linux/core/bash:bash \
    --upload \
    --mirror-url user@mirror.buckos.org:/var/www/buckos-mirror/binaries
