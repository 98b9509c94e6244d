#!/bin/sh
# Checks the parts beside this script, puts them together and unpacks them into the folder given (default: here).
set -e
target=$(cd "${1:-.}" && pwd -P)
case $0 in
  */*) cd "${0%/*}" ;;
esac
sha256sum -c --quiet SHA256SUMS || { echo "A part is missing or damaged; copy it again." >&2; exit 1; }
while read -r _ part; do cat "$part"; done < SHA256SUMS | tar -xz -C "$target"
echo "Unpacked into $target/@TOP@; start $target/@TOP@/viditq." >&2
