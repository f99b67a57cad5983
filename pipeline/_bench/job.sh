#!/usr/bin/env bash
# The whole job, files to files, beside OpenCV and PyTorch: Debian's python3-opencv and
# python3-torch where they are installed, and the newest opencv-python-headless of PyPI in
# a virtual environment that this script makes. All programs of a job run in turn, on the
# same two processors. Prints a table in Markdown with the best of the rounds. Needs Go,
# GNU time, python3 with venv, numpy and PIL, and the wallpapers that peer.py names. A
# sitting takes about four minutes, and two without PyTorch.
#   usage: job.sh [--no-torch] [FOLDER]    keeps its photos and maps there (a temporary
#                                          folder in memory), 6 GB for the time of the run
#   environment: ROUNDS (3), CPUS (0,1), PYTHON (/usr/bin/python3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
torch=torch
if [ "${1-}" = --no-torch ]; then
	torch=
	shift
fi
work=${1:-$(mktemp -d -p /dev/shm)}
mkdir -p "$work"
python=${PYTHON:-/usr/bin/python3}
newest=$work/venv/bin/python
peer() { "$python" "$here/peer.py" "$@"; }
(cd "$here" && go build -trimpath -ldflags='-s -w' -o "$work/filterbank" ../../cmd/filterbank)

cd "$work"
[ -d photos ] || peer photos photos 100
[ -d photos20 ] || { mkdir photos20 && cp photos/p00[01]*.jpg photos20; }
[ -d photos1000 ] || { mkdir photos1000 && for i in 0 1 2 3 4 5 6 7 8 9; do for p in photos/*.jpg; do cp "$p" "photos1000/$i-$(basename "$p")"; done; done; }
[ -d png50 ] || peer png png50 50 photos
[ -d tiny ] || peer tiny tiny 10000 photos
for k in 8 64; do
	peer weights "w$k.npy" "$k"
	printf 'version: 1\nlayers:\n  - conv: {name: maps, weights: w%s.npy, padding: 1}\n' "$k" >"s$k.yaml"
done
if [ ! -x "$newest" ]; then
	"$python" -m venv venv
	venv/bin/pip --quiet install --only-binary :all: opencv-python-headless numpy
fi

# program NAME PHOTOS FILTERS KIND: its command, in the array command, and its title.
program() {
	local photos=$2 filters=$3 kind=$4 by=$python
	case $1 in
	j1 | j2)
		title="filterbank -j ${1#j}"
		command=(./filterbank run -q -j "${1#j}" --format "$kind" -c "s$filters.yaml" -o out "$photos")
		return
		;;
	newest) by=$newest ;;
	esac
	local module=cv2 name=opencv
	[ "$1" != torch ] || { module=torch name=torch; }
	title="$name $("$by" -c "import $module; print($module.__version__)" 2>/dev/null), 2 processes" || return 1
	command=("$by" "$here/peer.py" "$name" "$photos" out "w$filters.npy" "$kind")
}

row() { printf '| %s | %s | %s | %s | %s |\n' "$@"; }
ratio() { awk "BEGIN{printf \"%.2f×\", $1 / $2}"; }
lower() { [ -z "$2" ] || awk "BEGIN{exit !($1 < $2)}"; }

# race JOB PHOTOS FILTERS KIND PROGRAM...: the programs in turn, and a row for each. The
# times of the rows after the first are divided by that of the first.
race() {
	local job=$1 photos=$2 filters=$3 kind=$4 p
	local -A best=() memory=() megabytes=()
	for ((round = 0; round < ${ROUNDS:-3}; round++)); do
		for p in "${@:5}"; do
			program "$p" "$photos" "$filters" "$kind" || continue
			rm -rf out
			taskset -c "${CPUS:-0,1}" /usr/bin/time -f '%e %M' -o time "${command[@]}" >/dev/null
			read -r seconds kb <time
			if lower "$seconds" "${best[$p]-}"; then best[$p]=$seconds; fi
			memory[$p]=$((kb / 1024))
			megabytes[$p]=$(find out -name '*.png' -printf '%s\n' -o -name '*.npy' -printf '%s\n' | awk '{n += $1} END {printf "%.1f", n / 1e6}')
		done
	done
	for p in "${@:5}"; do
		[ -n "${best[$p]-}" ] || continue
		program "$p" "$photos" "$filters" "$kind"
		faster=
		[ "$p" = "$5" ] || faster=$(ratio "${best[$p]}" "${best[$5]}")
		case $p in j?) ;; *) memory[$p]= ;; esac # time sees only one of two processes
		row "$job: $title" "${best[$p]}" "$faster" "${megabytes[$p]}" "${memory[$p]}"
	done
}

row job seconds 'times as long' MB 'peak memory, MB'
row --- --- --- --- ---
race '100 JPEG photos, 8 filters → PNG' photos 8 png j2 j1 opencv newest $torch
race '100 JPEG photos, 8 filters → .npy' photos 8 npy j2 opencv newest
race '50 PNG photos, 8 filters → PNG' png50 8 png j2 opencv newest
race '20 JPEG photos, 64 filters → PNG' photos20 64 png j2 $torch
race '1,000 JPEG photos, 8 filters → PNG' photos1000 8 png j2
race '10,000 PNGs of 64×64, 8 filters → .npy' tiny 8 npy j2
rm -rf out
