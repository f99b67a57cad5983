#!/usr/bin/env bash
# Renews cmd/filterbank/default.pgo, the CPU profile by which the compiler chooses what to
# inline, in the standard library too. A program built with it takes up to 2% less CPU time. An
# old profile gains less and does no harm.
#   usage: profile.sh FOLDER    where job.sh has kept its photos
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
(cd "$here" && go build -trimpath -pgo=off -o "$OLDPWD/unprofiled" ../../cmd/filterbank)
profile() { rm -rf out && ./unprofiled run -q -j 1 -o out --cpuprofile "profile-$1" "${@:2}"; }
for i in 1 2 3 4 5 6; do
	profile "$i" -c s8.yaml photos
done
profile png50 -c s8.yaml png50
profile 16-bit -c s8.yaml --format png16 photos
profile tiny -c s8.yaml --include 't00*' tiny
profile npy -c s8.yaml --include 't00*' --format npy tiny
go tool pprof -proto -output "$here/../../cmd/filterbank/default.pgo" profile-*
rm -rf out unprofiled profile-*
