#!/usr/bin/env bash
# Inputs in an object store beside inputs in a folder: versitygw, an S3 server, serves the same
# files on loopback. All jobs run in turn. Prints a table in Markdown with the best of the rounds:
# wall time, which the server's work is a part of, and the program's processor time. Needs Go, GNU
# time, and python3 with numpy and PIL. Building the server takes two minutes the first time.
#   usage: stores.sh [FOLDER]    keeps its images there (a temporary folder in memory), 1 GB
#   environment: ROUNDS (3), PHOTOS (300), TINY (3000), JOBS (2), PYTHON (/usr/bin/python3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d -p /dev/shm)}
mkdir -p "$work/root/images"
server=
trap '[ -z "$server" ] || kill "$server"; [ "$work" = "${1-}" ] || rm -rf "$work"' EXIT
(cd "$here" && go build -trimpath -ldflags='-s -w' -o "$work/filterbank" ../../cmd/filterbank)
(cd "$here/../bucket/_gateway" && go build -ldflags='-s -w' -o "$work/versitygw" github.com/versity/versitygw/cmd/versitygw)
cd "$work"
[ -d root/images/photos ] || "${PYTHON:-/usr/bin/python3}" - "$here/../../samples/scene.jpg" "${PHOTOS:-300}" "${TINY:-3000}" <<'PYTHON'
import os, random, sys
from PIL import Image

scene = Image.open(sys.argv[1]).convert("RGB").resize((1600, 1200), Image.LANCZOS)
random.seed(1)
def cut(folder, count, width, height, suffix, **options):
    os.mkdir(f"root/images/{folder}")
    for i in range(count):
        x, y = random.randrange(scene.width - width), random.randrange(scene.height - height)
        scene.crop((x, y, x + width, y + height)).save(f"root/images/{folder}/{i:05}{suffix}", **options)
cut("photos", int(sys.argv[2]), 1024, 768, ".jpg", quality=90)
cut("tiny", int(sys.argv[3]), 64, 64, ".png", compress_level=1)
PYTHON
export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench-secret AWS_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:${PORT:-17071}
ROOT_ACCESS_KEY=bench ROOT_SECRET_KEY=bench-secret ./versitygw --quiet --port "127.0.0.1:${PORT:-17071}" posix root &
server=$!
sleep 2

lower() { [ -z "$2" ] || awk "BEGIN{exit !($1 < $2)}"; }
declare -A wall=() cpu=() memory=()
jobs=("photos|--format png" "photos|--format npy" "tiny|--format npy")
for ((round = 0; round < ${ROUNDS:-3}; round++)); do
	for job in "${jobs[@]}"; do
		for place in root/images s3://images; do
			rm -rf out
			read -ra flags <<<"${job#*|}"
			/usr/bin/time -f '%e %U %S %M' -o time ./filterbank run -q -j "${JOBS:-2}" --bank kirsch "${flags[@]}" -o out "$place/${job%|*}" >/dev/null
			read -r seconds user system kb <time
			used=$(awk "BEGIN{print $user + $system}")
			if lower "$seconds" "${wall[$place$job]-}"; then wall[$place$job]=$seconds; fi
			if lower "$used" "${cpu[$place$job]-}"; then cpu[$place$job]=$used; fi
			memory[$place$job]=$((kb / 1024))
		done
	done
done
rm -rf out time
share() { awk "BEGIN{printf \"%.0f%%\", 100 * $1 / $2}"; }
printf '| job | place | seconds | CPU seconds | speed of the folder | speed by CPU | peak memory, MB |\n| --- | --- | --- | --- | --- | --- | --- |\n'
for job in "${jobs[@]}"; do
	for place in root/images s3://images; do
		printf '| %s, 8 maps, %s | %s | %s | %s | %s | %s | %s |\n' "${job%|*}" "${job#*--format }" "${place%images}" "${wall[$place$job]}" "${cpu[$place$job]}" \
			"$(share "${wall[root/images$job]}" "${wall[$place$job]}")" "$(share "${cpu[root/images$job]}" "${cpu[$place$job]}")" "${memory[$place$job]}"
	done
done
