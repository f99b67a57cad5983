#!/bin/sh
# Times this package, image/jpeg and libjpeg-turbo on the JPEGs of a folder, in turn on one
# core, and prints milliseconds a photo: the shortest time of each file, on average.
#
#     bench.sh FOLDER [CORE]
#
# python3 pipeline/_bench/peer.py photos FOLDER 100 makes the folder. Needs cc and
# libjpeg-dev.
set -eu
photos=$(realpath "$1")
core=${2:-0}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cc -O2 _bench/turbo.c -o "$work/turbo" -ljpeg
go test -c -o "$work/ours" .
for kind in baseline progressive; do
    : > "$work/$kind"
    : > "$work/$kind.names"
    for file in "$photos"/*.jpg; do
        frame=c0
        if LC_ALL=C grep -qaP '\xff\xc2\x00\x11\x08' "$file"; then frame=c2; fi
        case $kind$frame in
        baselinec0 | progressivec2) echo "$file" >> "$work/$kind.names" ;;
        esac
    done
    files=$(wc -l < "$work/$kind.names")
    [ "$files" -gt 0 ] || continue
    for round in 1 2 3; do
        xargs taskset -c "$core" "$work/turbo" 5 < "$work/$kind.names" | sed 's/^/libjpeg-turbo-/' >> "$work/$kind"
        FILTERBANK_PHOTOS=$photos taskset -c "$core" "$work/ours" -test.run '^$' -test.bench "Planes/$kind" -test.benchtime "$((5 * files))x" |
            awk '/^Benchmark/ { sub(/.*\//, "", $1); for (i = 2; i < NF; i++) if ($(i + 1) == "best-ms/op") print $1, $i }' >> "$work/$kind"
    done
    echo "$kind, $files photos"
    awk '!($1 in best) || $2 < best[$1] { best[$1] = $2 }
        END { for (n in best) printf "  %-22s %7.3f ms  %5.2f of image/jpeg  %5.2f of libjpeg-turbo'"'"'s planes\n",
            n, best[n], best["image-jpeg"] / best[n], best["libjpeg-turbo-planes"] / best[n] }' "$work/$kind" | sort
done
