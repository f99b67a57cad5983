#!/bin/sh
# Measures layers and networks (_bench/cases.json) beside PyTorch, onnxruntime and OpenVINO, and
# prints a table. Each runs on one thread that is pinned to a core, in float32; groups of layers
# run in turn, and the fastest run of all rounds counts. The table also has the speed of two
# threads, for layers of at least a millisecond, and of AVX2 as a part of the processor's peak.
# usage: filters/bench.sh [-r ROUNDS] [-s SECONDS] [-g GROUP]… [REGEX]
#   -s SECONDS  how long a layer runs in each round
#   -g GROUP    pictures, large, deep, depthwise, pools, nets or small; all unless given
#   REGEX       names of layers
# environment:
#   PYTHON      an interpreter that has torch, such as Debian's with python3-torch; python3
#   VENV        a folder for onnxruntime and OpenVINO, which is kept; made from PyPI if missing
#   PIN, PIN2   commands that pin the program after them to one core and to two
set -eu
rounds=3 seconds=0.3 groups=
while getopts r:s:g: option; do
	case $option in
	r) rounds=$OPTARG ;;
	s) seconds=$OPTARG ;;
	g) groups="$groups $OPTARG" ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
pattern=${1:-.}
cd "$(dirname "$0")"
groups=${groups:-pictures large deep depthwise pools nets small}
python=${PYTHON:-python3}
last=$(($(nproc --all) - 1))
pin=${PIN:-taskset -c $last}
pin2=${PIN2:-taskset -c $((last > 0 ? last - 1 : 0)),$last}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${VENV:-$work/venv}
if [ ! -x "$venv/bin/python" ]; then
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet onnxruntime==1.32.0 openvino==2026.4.1 onnx==1.23.2
fi
engines='onnxruntime openvino'
if "$python" -c 'import torch' 2>/dev/null; then engines="torch $engines"; fi
wide=
if grep -q avx512f /proc/cpuinfo; then wide=avx512; fi
go test -c -o "$work/bench" .

# ours BENCHMARK GROUP CORES [PIN…] runs the benchmarks and prints their names and milliseconds.
ours() {
	benchmark=$1 group=$2 cores=$3
	shift 3
	"$@" "$work/bench" -test.run '^$' -test.bench "^Benchmark$benchmark\$/^$group\$/$pattern" -test.cpu "$cores" -test.benchtime "${seconds}s" |
		sed -n "s|^Benchmark$benchmark/$group/\([^ \t]*\).*[ \t]\([0-9.e+-]*\) best-ms.*|\1 \2|p"
}

for _ in $(seq "$rounds"); do
	for group in $groups; do
		ours Layers "$group" 1 $pin >>"$work/filterbank"
		for engine in $engines; do
			interpreter=$venv/bin/python
			if [ "$engine" = torch ]; then interpreter=$python; fi
			$pin "$interpreter" _bench/peers.py "$engine" "$group" "$pattern" "$seconds" >>"$work/$engine"
		done
		ours Team "$group" 2 $pin2 | sed 's|-2 | |' >>"$work/two"
		if $pin "$python" _bench/peak.py $wide >>"$work/peak" && grep -q avx2 "$work/peak"; then
			FILTERBANK_KERNEL=avx2 ours Layers "$group" 1 $pin >>"$work/avx2"
		fi
	done
done
python3 _bench/table.py "$work"
