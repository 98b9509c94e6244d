#!/usr/bin/env bash
# compile_with_report.sh OBJECT COMMAND...: runs a compiler and keeps what it says, which is what ptxas
# reports about registers, in OBJECT.report.
set -uo pipefail
object=$1
shift
"$@" >"$object.report" 2>&1
status=$?
# Warnings and errors belong on the screen.
grep -vE '^ptxas info|^ +[0-9]+ bytes stack frame|^$' "$object.report" >&2
exit $status
