#!/bin/sh
# Measures the convolution benchmarks and, where it is installed, PyTorch on the same
# layers, one thread each, in turn, and prints the best of all rounds as a table.
# usage: filters/bench.sh [ROUNDS]     PYTHON names the interpreter that has torch
set -eu
cd "$(dirname "$0")"
rounds=${1:-3}
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -o "$work/bench" .
torch=
if "$python" -c 'import torch' 2>/dev/null; then torch=yes; fi
for _ in $(seq "$rounds"); do
	"$work/bench" -test.run '^$' -test.bench '^BenchmarkConv$' -test.cpu 1 |
		sed -n 's|^BenchmarkConv/\([^ \t]*\).*[ \t]\([0-9.]*\) GFLOP/s.*|\1 \2|p' >>"$work/ours"
	if [ "$torch" ]; then "$python" bench_torch.py >>"$work/torch"; fi
done
touch "$work/torch"
awk '
	FILENAME ~ /ours$/ && !($1 in ours) { order[++n] = $1 }
	FILENAME ~ /ours$/ { if ($2 > ours[$1]) ours[$1] = $2; next }
	{ if ($2 > torch[$1]) torch[$1] = $2 }
	END {
		print "| layer | filterbank, GFLOP/s | PyTorch, GFLOP/s | ratio |"
		print "|---|---|---|---|"
		for (i = 1; i <= n; i++) {
			name = order[i]
			if (name in torch) printf "| %s | %.1f | %.1f | %.2f |\n", name, ours[name], torch[name], ours[name] / torch[name]
			else printf "| %s | %.1f | | |\n", name, ours[name]
		}
	}' "$work/ours" "$work/torch"
