#!/usr/bin/env bash
# One machine through 64 shards, beside one run: 10,000 PNGs of 64×64 through 8 filters to .npy
# files, and 1,000 photos of 1024×768 to PNG maps. The shards are done by one task, and by a task
# a shard, one after the other; merge is timed with both. All forms run in turn, on the same two
# processors, and must have the same files. Prints a table in Markdown with the best of the rounds:
# wall time, processor time, and the speed of one run that remains. Needs Go, python3 with
# numpy and PIL, and the wallpapers that peer.py names. Takes about two minutes a round.
#   usage: shards.sh [FOLDER]    keeps its images there (a temporary folder in memory), 3 GB for
#                                the time of the run
#   environment: ROUNDS (3), CPUS (0,1), JOBS (2), SHARDS (64), TINY (10000), PHOTOS (1000),
#                PYTHON (/usr/bin/python3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d -p /dev/shm)}
mkdir -p "$work"
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
shards=${SHARDS:-64} tiny=${TINY:-10000} photos=${PHOTOS:-1000}
(cd "$here" && go build -trimpath -ldflags='-s -w' -o "$work/filterbank" ../../cmd/filterbank)
peer() { "${PYTHON:-/usr/bin/python3}" "$here/peer.py" "$@"; }
cd "$work"
[ -d cut ] || peer photos cut 100
[ -d "tiny$tiny" ] || peer tiny "tiny$tiny" "$tiny" cut
if [ ! -d "photos$photos" ]; then
	mkdir "photos$photos"
	cuts=(cut/*.jpg)
	for ((i = 0; i < photos; i++)); do ln "${cuts[i % ${#cuts[@]}]}" "photos$photos/$(printf p%05d "$i").jpg"; done
fi

# The forms, of the input $input to files of $format.
run() { ./filterbank run -q -j "${JOBS:-2}" --bank kirsch --format "$format" --progress none -o out "$@" "$input"; }
one() { run; }
task() {
	SLURM_ARRAY_TASK_ID=0 run --shards "$shards" --tasks 1 --shard auto
	./filterbank merge out
}
tasks() {
	local i
	for ((i = 1; i <= shards; i++)); do run --shards "$shards" --shard "$i/$shards"; done
	./filterbank merge out
}
lower() { [ -z "$2" ] || awk "BEGIN{exit !($1 < $2)}"; }
share() { awk "BEGIN{printf \"%.2f\", $1 / $2}"; }
taskset -p -c "${CPUS:-0,1}" $$ >/dev/null
TIMEFORMAT='%R %U %S'
declare -A wall=() cpu=()
jobs=("$tiny PNGs of 64×64 → .npy|tiny$tiny|npy" "$photos photos of 1024×768 → PNG|photos$photos|png")
for ((round = 0; round < ${ROUNDS:-3}; round++)); do
	for job in "${jobs[@]}"; do
		IFS='|' read -r name input format <<<"$job"
		for form in one task tasks; do
			rm -rf out
			{ time "$form" >/dev/null; } 2>measured
			./filterbank digest out >"digest.$form"
			cmp digest.one "digest.$form"
			read -r seconds user system <measured
			used=$(awk "BEGIN{print $user + $system}")
			if lower "$seconds" "${wall[$name $form]-}"; then wall[$name $form]=$seconds; fi
			if lower "$used" "${cpu[$name $form]-}"; then cpu[$name $form]=$used; fi
		done
	done
done
rm -rf out measured digest.*
printf '| job | form | seconds | CPU seconds | speed of one run | by CPU |\n| --- | --- | --- | --- | --- | --- |\n'
for job in "${jobs[@]}"; do
	name=${job%%|*}
	for form in one task tasks; do
		case $form in
		one) title="one run" ;;
		task) title="$shards shards by one task, and merge" ;;
		tasks) title="$shards tasks, one after the other, and merge" ;;
		esac
		printf '| %s | %s | %s | %s | %s | %s |\n' "$name" "$title" "${wall[$name $form]}" "${cpu[$name $form]}" \
			"$(share "${wall[$name one]}" "${wall[$name $form]}")" "$(share "${cpu[$name one]}" "${cpu[$name $form]}")"
	done
done
