#!/usr/bin/env bash
# Tables of features: time, memory and size. Prints a table in Markdown. Needs Go, GNU time,
# python3 with numpy and PIL, and the wallpapers that peer.py names. The photos with
# Leung-Malik's filters take some seconds of a processor each.
#   usage: features.sh [FOLDER]    keeps its pictures there (a temporary folder in memory)
#   environment: TINY (10000), PHOTOS (1000), PYTHON (/usr/bin/python3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d -p /dev/shm)}
mkdir -p "$work"
python=${PYTHON:-/usr/bin/python3}
peer() { "$python" "$here/peer.py" "$@"; }
tiny=${TINY:-10000} photos=${PHOTOS:-1000}
(cd "$here" && go build -trimpath -ldflags='-s -w' -o "$work/filterbank" ../../cmd/filterbank)

cd "$work"
[ -d cut ] || peer photos cut 100
[ -d "tiny$tiny" ] || peer tiny "tiny$tiny" "$tiny" cut
if [ ! -d "photos$photos" ]; then
	mkdir "photos$photos"
	cuts=(cut/*.jpg)
	for ((i = 0; i < photos; i++)); do ln "${cuts[i % ${#cuts[@]}]}" "photos$photos/$(printf p%05d "$i").jpg"; done
fi
[ -e w8.npy ] || peer weights w8.npy 8
printf 'version: 1\nlayers:\n  - conv: {name: maps, weights: w8.npy, padding: 1}\n' >s8.yaml

# row JOB FLAGS...: a run, and a row with its time, memory and the size of its table.
row() {
	local job=$1 size
	shift
	[ -e again ] || rm -rf out
	/usr/bin/time -f '%e %U %S %M' -o time ./filterbank run -q -o out "$@"
	read -r seconds user system kb <time
	size=$(find . -maxdepth 1 -name 't.*' -printf '%s\n' | awk '{n += $1} END {printf "%.1f", n / 1e6}')
	printf '| %s | %s | %s | %s | %s |\n' "$job" "$seconds" "$(awk "BEGIN{print $user + $system}")" "$((kb / 1024))" "$size"
	rm -f t.parquet t.csv
}

printf '| job | seconds | of processors | peak memory, MB | table, MB |\n| --- | --- | --- | --- | --- |\n'
row "$tiny PNGs of 64×64, 8 filters → .npy" -c s8.yaml --format npy "tiny$tiny"
row "$tiny PNGs of 64×64, 8 filters → Parquet" -c s8.yaml --features t.parquet "tiny$tiny"
touch again
row "the same again" -c s8.yaml --features t.parquet "tiny$tiny"
row "the same again, as CSV" -c s8.yaml --features t.csv "tiny$tiny"
rm again
row "$photos photos of 1024×768, Leung-Malik's 48 filters → Parquet" --bank leung-malik --features t.parquet "photos$photos"
rm -rf out
