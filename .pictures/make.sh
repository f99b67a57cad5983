#!/usr/bin/env bash
# Makes the pictures of README from samples/. Needs Go and ImageMagick.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go run ./cmd/filterbank run -q -o "$work" samples/scene.jpg
montage samples/scene.jpg "$work"/scene/mix/*.png -tile 5x1 -resize 320x -geometry +3+3 -background '#0d1117' "$work/maps.png"
convert "$work/maps.png" -strip -define png:exclude-chunks=date,time .pictures/feature-maps.png
