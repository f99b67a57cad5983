#!/usr/bin/env bash
# The speed of outputs in an object store on this machine, beside a folder: 200 photos of 640×400
# as PNG maps, as .npy and in packs. The store is versitygw, which the script builds and starts on
# loopback. Prints a table in Markdown with the best of the rounds: wall time, the program's own
# processor time, the speed in that of the folder by either, and peak memory. The store's work is in
# the wall time: give it processors of its own. Needs Go and GNU time.
#   usage: outputs.sh [FOLDER]    keeps its files there (a temporary folder in memory), 2 GB
#   environment: ROUNDS (3), CPUS (0,1) of the program, STORE_CPUS (the same) of the store, JOBS (2)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d -p /dev/shm)}
mkdir -p "$work/data/maps"
(cd "$here" && go build -trimpath -ldflags='-s -w' -o "$work/filterbank" ../../cmd/filterbank)
(cd "$here/../bucket/_gateway" && go build -ldflags='-s -w' -o "$work/versitygw" github.com/versity/versitygw/cmd/versitygw)
cd "$work"
export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench-of-stores AWS_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:${PORT:-18999} TMPDIR=$work
ROOT_ACCESS_KEY=$AWS_ACCESS_KEY_ID ROOT_SECRET_KEY=$AWS_SECRET_ACCESS_KEY \
	taskset -c "${STORE_CPUS:-${CPUS:-0,1}}" ./versitygw --port "127.0.0.1:${PORT:-18999}" --quiet posix data &
store=$!
trap 'kill "$store"; [ "$work" = "${1:-}" ] || rm -rf "$work"' EXIT
until (exec 3<>"/dev/tcp/127.0.0.1/${PORT:-18999}") 2>/dev/null; do sleep 0.1; done
if [ ! -d images ]; then
	mkdir images
	for i in {000..199}; do cp "$here/../../samples/scene.jpg" "images/$i.jpg"; done
fi

forms=("8 PNG maps|" ".npy|--format npy" "packs of .npy|--format npy --pack webdataset")
lower() { [ -z "$2" ] || awk "BEGIN{exit !($1 < $2)}"; }
share() { awk "BEGIN{printf \"%.2f\", $1 / $2}"; }
printf '| form | folder, s | store, s | speed | folder, CPU s | store, CPU s | speed by CPU | peak memory, MB |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n'
for form in "${forms[@]}"; do
	declare -A wall=() cpu=() memory=()
	for ((round = 0; round < ${ROUNDS:-3}; round++)); do
		for out in out s3://maps/out; do
			rm -rf out data/maps/out
			read -ra flags <<<"${form#*|}"
			taskset -c "${CPUS:-0,1}" /usr/bin/time -f '%e %U %S %M' -o time ./filterbank run -q -j "${JOBS:-2}" --bank kirsch "${flags[@]}" -o "$out" images >/dev/null
			read -r seconds user system kb <time
			used=$(awk "BEGIN{print $user + $system}")
			if lower "$seconds" "${wall[$out]-}"; then wall[$out]=$seconds; fi
			if lower "$used" "${cpu[$out]-}"; then cpu[$out]=$used; fi
			memory[$out]=$((kb / 1024))
		done
	done
	printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "${form%%|*}" "${wall[out]}" "${wall[s3://maps/out]}" "$(share "${wall[out]}" "${wall[s3://maps/out]}")" \
		"${cpu[out]}" "${cpu[s3://maps/out]}" "$(share "${cpu[out]}" "${cpu[s3://maps/out]}")" "${memory[s3://maps/out]}"
done
