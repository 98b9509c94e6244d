#!/usr/bin/env bash
# check_isa_symbols.sh OBJECT...: fails if an object that is compiled for an instruction set defines
# what the linker could take for code that runs on every processor. Each object may define tables of
# kernels, which are data, and no other symbol: an inline function or a template that the compiler
# emits is weak, and the linker keeps one of its copies, whatever it was compiled for.
set -euo pipefail
export LC_ALL=C

if [ $# -lt 2 ]; then
  echo "check_isa_symbols.sh needs the objects of at least two instruction sets." >&2
  exit 2
fi

symbols=$(for object in "$@"; do
  nm --demangle --defined-only --extern-only "$object" | while read -r _ type name; do
    printf '%s\t%s\t%s\n' "$type" "$name" "${object##*/}"
  done
done)
if [ -z "$symbols" ]; then
  echo "No symbol in $*; nm could not read them, or kernels have lost their tables." >&2
  exit 2
fi

failed=0
report() { # report SENTENCE LINES
  [ -n "$2" ] || return 0
  printf '%s\n%s\n' "$1" "$2"
  failed=1
}
report "Functions and weak symbols in objects of one instruction set (type, name, object):" \
  "$(printf '%s\n' "$symbols" | awk -F '\t' '$1 !~ /^[BDR]$/')"
report "Symbols in objects of several instruction sets:" \
  "$(printf '%s\n' "$symbols" | cut -f 2 | sort | uniq -d)"
if [ $failed -ne 0 ]; then
  echo "Put what they define into an unnamed namespace, or out of the headers that kernels include."
fi
exit $failed
