#!/usr/bin/env bash
# require-tools.sh COMMAND...: fails with one clear sentence if a build tool is missing.
set -euo pipefail
missing=()
for tool in "$@"; do
  command -v "$tool" >/dev/null 2>&1 || missing+=("$tool")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "The native modules need ${missing[*]}, not found on the path; on Debian: apt-get install g++ cmake make." >&2
  exit 1
fi
