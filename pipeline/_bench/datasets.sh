#!/usr/bin/env bash
# What training scripts read, beside folders of .npy files: 10,000 PNGs of 64×64 through 8
# filters. All forms run in turn, on the same two processors. Prints a table in Markdown with
# the best of the rounds: wall time, processor time, the speed in that of .npy files, and peak
# memory. Needs Go, GNU time, and python3 with numpy and PIL. Takes about a minute a round.
#   usage: datasets.sh [FOLDER]    keeps its images there (a temporary folder in memory), 3 GB
#                                  for the time of the run
#   environment: ROUNDS (3), CPUS (0,1), JOBS (2), PYTHON (/usr/bin/python3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d -p /dev/shm)}
mkdir -p "$work"
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
(cd "$here" && go build -trimpath -ldflags='-s -w' -o "$work/filterbank" ../../cmd/filterbank)
cd "$work"
[ -d images ] || "${PYTHON:-/usr/bin/python3}" - "$here/../../samples/scene.jpg" <<'PYTHON'
import os, random, sys
from PIL import Image

scene = Image.open(sys.argv[1]).convert("RGB")
random.seed(1)
os.mkdir("images")
for i in range(10_000):
    x, y = random.randrange(scene.width - 64), random.randrange(scene.height - 64)
    scene.crop((x, y, x + 64, y + 64)).save(f"images/{i:05}.png", compress_level=1)
PYTHON

forms=(
	".npy|--format npy"
	".npy in packs|--format npy --pack webdataset"
	".npy of float16|--format npy --dtype f16"
	".npy of float16 in packs|--format npy --dtype f16 --pack webdataset"
	".npz|--format npz"
	".safetensors|--format safetensors"
	".safetensors in packs|--format safetensors --pack webdataset"
)
lower() { [ -z "$2" ] || awk "BEGIN{exit !($1 < $2)}"; }
declare -A wall=() cpu=() memory=()
for ((round = 0; round < ${ROUNDS:-3}; round++)); do
	for form in "${forms[@]}"; do
		rm -rf out
		read -ra flags <<<"${form#*|}"
		taskset -c "${CPUS:-0,1}" /usr/bin/time -f '%e %U %S %M' -o time ./filterbank run -q -j "${JOBS:-2}" --bank kirsch "${flags[@]}" -o out images >/dev/null
		read -r seconds user system kb <time
		used=$(awk "BEGIN{print $user + $system}")
		if lower "$seconds" "${wall[$form]-}"; then wall[$form]=$seconds; fi
		if lower "$used" "${cpu[$form]-}"; then cpu[$form]=$used; fi
		memory[$form]=$((kb / 1024))
	done
done
rm -rf out time
printf '| form | seconds | CPU seconds | speed of .npy | speed by CPU | peak memory, MB |\n| --- | --- | --- | --- | --- | --- |\n'
share() { awk "BEGIN{printf \"%.0f%%\", 100 * $1 / $2}"; }
for form in "${forms[@]}"; do
	printf '| %s | %s | %s | %s | %s | %s |\n' "${form%%|*}" "${wall[$form]}" "${cpu[$form]}" \
		"$(share "${wall[${forms[0]}]}" "${wall[$form]}")" "$(share "${cpu[${forms[0]}]}" "${cpu[$form]}")" "${memory[$form]}"
done
