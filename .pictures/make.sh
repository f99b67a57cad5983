#!/usr/bin/env bash
# Makes the pictures of the READMEs from samples/. Needs Go, ImageMagick, Chromium and the font DejaVu Sans.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first layer of a trained network, without the sum of its largest value.
go run ./cmd/filterbank run -q -o "$work/net" samples/siemens-star.png -c samples/net.yaml --layers conv1 --format sheet --sheet-tile 128
convert "$work/net/siemens-star/conv1.sheet.png" \( -clone 0 -crop 1184x248+0+0 +repage \) \( -clone 0 -crop 1184x511+0+450 +repage \) -delete 0 -append -strip -define png:exclude-chunks=date,time PNG24:.pictures/net.png

# A map in every colormap: in coolwarm before ReLU, in the others after it.
tiles=(-label picture samples/still-life.jpg)
for colormap in gray gray-inverted viridis magma inferno plasma cividis turbo coolwarm; do
	activation=relu
	[ $colormap != coolwarm ] || activation=none
	go run ./cmd/filterbank run -q -o "$work/$colormap" --colormap $colormap --scale percentile:0.5,99.5 samples/still-life.jpg \
		--bank log --set 'layers.0.conv.filters.0={log: {sigma: 3}}' --set layers.0.conv.padding_mode=replicate \
		--set layers.0.conv.activation=$activation
	tiles+=(-label "$colormap" "$work/$colormap"/still-life/log/*.png)
done
montage -font DejaVu-Sans -pointsize 13 -fill '#c9d1d9' "${tiles[@]}" -tile 5x2 -geometry 216x162+4+4 -background '#0d1117' "$work/colormaps.png"
convert "$work/colormaps.png" -strip -define png:exclude-chunks=date,time PNG24:.pictures/colormaps.png

# What Gabor filters answer to most strongly.
go run ./cmd/filterbank calibrate -q -o "$work/stats.json" --patches "$work/patches" samples --bank gabor
cp "$work/patches/gabor.png" .pictures/patches.png

# A contact sheet, and four maps over their picture.
go run ./cmd/filterbank run -q -o "$work/sheet" samples/still-life.jpg --bank gabor --set layers.0.conv.padding_mode=replicate \
	--scale percentile:0,99.8 --colormap inferno --format sheet
convert "$work/sheet/still-life/gabor.sheet.png" -strip -define png:exclude-chunks=date,time PNG24:.pictures/sheet.png
go run ./cmd/filterbank run -q -o "$work/pair" samples/textbook.png -c samples/textbook.yaml --set layers.0.conv.activation=relu \
	--format sheet --sheet-pair
convert "$work/pair/textbook/outputs.sheet.png" -colors 256 -strip -define png:exclude-chunks=date,time .pictures/textbook-sheet.png
go run ./cmd/filterbank run -q -o "$work/overlay" samples/balloon.jpg -c samples/alexnet.yaml --format overlay
montage "$work"/overlay/balloon/pool1/0{01,12,23,24}-*.png -tile 4x1 -geometry 227x227+4+4 -background white "$work/overlays.png"
convert "$work/overlays.png" -strip -define png:exclude-chunks=date,time PNG24:.pictures/overlays.png

# A bank.
go run ./cmd/filterbank banks leung-malik --png "$work/bank.png"
convert "$work/bank.png" -colors 256 -strip -define png:exclude-chunks=date,time .pictures/leung-malik.png

# The page about a run, at a map of the second picture.
go run ./cmd/filterbank run -q -o "$work/report" --layers all --report samples/scene.jpg samples/siemens-star.png
chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,860 --virtual-time-budget=10000 \
	--screenshot="$work/report.png" "file://$work/report/report.html#/p/1/0/1/1/60/128" 2>/dev/null
convert "$work/report.png" -colors 256 -strip -define png:exclude-chunks=date,time .pictures/report.png

# The textbook's example, worked out in the page.
go run ./cmd/filterbank run -q -o "$work/step" -c samples/textbook.yaml --report samples/textbook.png
chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,860 --virtual-time-budget=10000 \
	--screenshot="$work/step.png" "file://$work/step/report.html#/p/0/0/0/0/1/1/step" 2>/dev/null
convert "$work/step.png" -colors 256 -strip -define png:exclude-chunks=date,time .pictures/step.png

# The textbook's example, place by place.
go run ./cmd/filterbank animate samples/textbook.png -c samples/textbook.yaml -o .pictures/textbook.gif
