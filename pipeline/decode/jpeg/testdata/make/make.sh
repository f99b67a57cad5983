#!/bin/sh
# Makes corpus.tar.gz and corpus.sha256: files of every kind that libjpeg-turbo writes,
# and the digests of what djpeg -strict -dct int -pnm makes of them. Made with 2.1.5.
# Needs cc, libjpeg-dev and libjpeg-turbo-progs.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir "$work/corpus"
cc -O1 corpus.c -o "$work/make" -ljpeg -lm
"$work/make" "$work/corpus"
cd "$work/corpus"
for file in *.jpg; do
    djpeg -strict -dct int -pnm "$file" > "$work/out.pnm"
    echo "$(sha256sum < "$work/out.pnm" | cut -c1-64)  $file"
done > "$work/corpus.sha256"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - *.jpg | gzip -9n > "$work/corpus.tar.gz"
cd - > /dev/null
mv "$work/corpus.sha256" "$work/corpus.tar.gz" ..
