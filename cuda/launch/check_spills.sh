#!/usr/bin/env bash
# check_spills.sh KERNEL ARCHITECTURES REPORT_FOLDER: reads the reports that ptxas wrote while the
# kernels were compiled, and fails if a kernel whose name holds KERNEL uses the stack (spilled
# registers, arrays indexed at run time), or is missing for one of the ;-separated architectures.
set -euo pipefail
kernel=$1
architectures=$2
folder=$3
reports=$(find "$folder" -name '*.report')
if [ -z "$reports" ]; then
  echo "No reports of ptxas under $folder; build the target viditq_cuda first." >&2
  exit 1
fi
for architecture in ${architectures//;/ }; do
  # shellcheck disable=SC2086 # one report per word
  awk -v kernel="$kernel" -v architecture="sm_$architecture" '
    /Compiling entry function/ {
      split($0, quoted, "\x27")
      here = index(quoted[2], kernel) && quoted[4] == architecture
      name = quoted[2]
    }
    here && /bytes stack frame/ {
      kernels++
      if ($1 + 0 > 0 || $5 + 0 > 0 || $9 + 0 > 0) { print name ": " $0; bad++ }
    }
    here && match($0, /Used [0-9]+ registers/) {
      registers = substr($0, RSTART + 5, RLENGTH - 15) + 0
      if (registers > most) most = registers
    }
    END {
      if (!kernels) { print "No " kernel " was compiled for " architecture "."; exit 1 }
      if (bad) { print bad " of " kernels " " kernel " use the stack on " architecture "."; exit 1 }
      print architecture ": " kernels " of " kernel ", no stack, no spills, at most " most " registers"
    }' $reports
done
