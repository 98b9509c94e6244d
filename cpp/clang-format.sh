#!/usr/bin/env bash
# clang-format.sh [--fix] FOLDER...: fails if a C++ or CUDA source there is not as clang-format makes it
# with the .clang-format at the top of the repository, as Spotless does for Java; --fix rewrites it.
# Other versions than the pinned one format otherwise: where it is missing, the check is left out.
set -euo pipefail
pinned=14

fix=no
if [ "${1:-}" = --fix ]; then
  fix=yes
  shift
fi
[ $# -gt 0 ] || { echo "Usage: clang-format.sh [--fix] FOLDER..." >&2; exit 2; }

formatter=
for candidate in clang-format-$pinned clang-format; do
  if command -v $candidate >/dev/null 2>&1 &&
    $candidate --version | grep -q "clang-format version $pinned\."; then
    formatter=$candidate
    break
  fi
done
if [ -z "$formatter" ]; then
  if [ $fix = yes ]; then
    echo "There is no clang-format $pinned on the path; on Debian 12: apt-get install clang-format-$pinned." >&2
    exit 1
  fi
  echo "The format of C++ sources was not checked: there is no clang-format $pinned on the path."
  exit 0
fi

mapfile -d '' -t sources < <(find "$@" -name target -prune -o \
  \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) -print0)
if [ ${#sources[@]} -eq 0 ]; then
  echo "There are no C++ or CUDA sources in $*." >&2
  exit 2
fi
if [ $fix = yes ]; then
  "$formatter" -i "${sources[@]}"
elif ! "$formatter" --dry-run -Werror "${sources[@]}"; then
  echo "These sources are not as clang-format $pinned makes them; cpp/clang-format.sh --fix cpp cuda rewrites them." >&2
  exit 1
fi
