#!/usr/bin/env bash
# Makes the pictures of README from samples/. Needs Go and ImageMagick.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go run ./cmd/filterbank run -q -o "$work" samples/siemens-star.png samples/balloon.jpg
montage -auto-orient samples/siemens-star.png "$work"/siemens-star/mix/*.png samples/balloon.jpg "$work"/balloon/mix/*.png \
	-tile 5x2 -geometry 200x200+4+4 -background '#0d1117' "$work/maps.png"
convert "$work/maps.png" -colors 256 -strip -define png:exclude-chunks=date,time .pictures/feature-maps.png
