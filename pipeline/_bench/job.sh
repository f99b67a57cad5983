#!/usr/bin/env bash
# The whole job, files to files, beside OpenCV and PyTorch where they are installed, in
# turn and in one sitting. Prints a table in Markdown. Needs Go, GNU time, python3 with
# numpy and PIL, and the wallpapers that peer.py names.
#   usage: job.sh [FOLDER]    keeps its photos and maps there (a temporary one)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"
python=${PYTHON:-/usr/bin/python3}
peer() { "$python" "$here/peer.py" "$@"; }
filterbank=$work/filterbank
(cd "$here" && go build -trimpath -ldflags='-s -w' -o "$filterbank" ../../cmd/filterbank)

cd "$work"
[ -d photos ] || peer photos photos 100
[ -d photos20 ] || { mkdir photos20 && cp photos/p00[01]*.jpg photos20; }
[ -d photos1000 ] || { mkdir photos1000 && for i in 0 1 2 3 4 5 6 7 8 9; do for p in photos/*.jpg; do cp "$p" "photos1000/$i-$(basename "$p")"; done; done; }
[ -d tiny ] || peer tiny tiny 10000 photos
for k in 8 64; do
	peer weights "w$k.npy" "$k"
	printf 'version: 1\nlayers:\n  - conv: {name: maps, weights: w%s.npy, padding: 1}\n' "$k" >"s$k.yaml"
done

# measure NAME COMMAND...: the best of three, as seconds, and bytes of out/ and peak memory of the last.
measure() {
	seconds=
	for _ in 1 2 3; do
		rm -rf out
		/usr/bin/time -f '%e %M' -o time "$@" >/dev/null
		read -r s kb <time
		if [ -z "$seconds" ] || awk "BEGIN{exit !($s < $seconds)}"; then seconds=$s; fi
	done
	megabytes=$(find out -name '*.png' -o -name '*.npy' | xargs -d '\n' stat -c %s | awk '{n += $1} END {printf "%.1f", n / 1e6}')
	memory=$((kb / 1024))
}
row() { printf '| %s | %s | %s | %s | %s |\n' "$@"; }
ratio() { awk "BEGIN{printf \"%.1f×\", $1 / $2}"; }
have() { "$python" -c "import $1" 2>/dev/null; }

row job seconds 'filterbank is faster by' MB 'peak memory, MB'
row --- --- --- --- ---
compare() { # TITLE PHOTOS FILTERS PEER...
	local title=$1 photos=$2 filters=$3 ours
	measure "$filterbank" run -q -j 2 -c "s$filters.yaml" -o out "$photos"
	ours=$seconds
	row "$title: filterbank -j 2" "$seconds" '' "$megabytes" "$memory"
	for p in "${@:4}"; do
		have "${p/opencv/cv2}" || continue
		measure "$python" "$here/peer.py" "$p" "$photos" out "w$filters.npy"
		row "$title: $p, 2 processes" "$seconds" "$(ratio "$seconds" "$ours")" "$megabytes" ''
	done
}
compare '100 photos, 8 filters' photos 8 opencv torch
compare '20 photos, 64 filters' photos20 64 torch
measure "$filterbank" run -q -j 2 -c s8.yaml -o out photos
two=$seconds
measure "$filterbank" run -q -j 1 -c s8.yaml -o out photos
row '100 photos, 8 filters: filterbank -j 1' "$seconds" "$(ratio "$seconds" "$two") with -j 2" "$megabytes" "$memory"
measure "$filterbank" run -q -j 2 -c s8.yaml -o out photos1000
row '1,000 photos, 8 filters: filterbank -j 2' "$seconds" '' "$megabytes" "$memory"
measure "$filterbank" run -q -j 2 --format npy -c s8.yaml -o out tiny
row "10,000 PNGs of 64×64, 8 filters, .npy: filterbank -j 2" "$seconds" "$(awk "BEGIN{printf \"%d images/s\", 10000 / $seconds}")" "$megabytes" "$memory"
rm -rf out
