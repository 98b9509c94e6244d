#!/usr/bin/env bash
# Metric-decoupled against MSE-only allocation at equal average bits: measures sensitivities on calibration prompts,
# allocates both ways, and evaluates both plans on evaluation prompts with the metric of each type of layer.
#
#   bench/decoupled-allocation.sh SAMPLE WIDTHS BUDGET FOLDER
#   bench/decoupled-allocation.sh stdit-mini 8,4 6 /tmp/video       (minutes; FOLDER/evaluation.json is the result)
#
# CALIBRATION, PROMPTS, STEPS   how many prompts to measure on (4), to evaluate on (24), and sampling steps (10)
# WORKERS                       processes that measure (1)
# VIDITQ                        the command (./viditq)
#
# A run that was killed goes on where it was.
set -euo pipefail

if [ $# != 4 ]; then
  sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
sample=samples/$1
widths=$2
budget=$3
mkdir -p "$4"
folder=$(cd "$4" && pwd)
cd "$(dirname "$0")/.."
viditq=${VIDITQ:-./viditq}
steps=${STEPS:-10}
workers=${WORKERS:-1}

# Clips have motion, which temporal attention is judged by.
metrics=(--metric scene-alignment --metric ssim --metric mse)
if grep -q '"STDiT"\|"Latte' "$sample/transformer/config.json"; then
  metrics+=(--metric warping-error --metric flicker)
fi

if [ ! -f "$folder/sensitivity.json" ]; then
  $viditq sensitivity --model "$sample" --unit block --bits "$widths" --steps "$steps" --workers "$workers" \
    --prompts "$sample/calib_prompts.txt" --limit "${CALIBRATION:-4}" --seed 0 --out "$folder/sensitivity.json"
fi
for by in decoupled mse; do
  $viditq allocate --sensitivity "$folder/sensitivity.json" --budget-bits "$budget" --by $by --force --json \
    --out "$folder/$by.yaml" >"$folder/$by.json"
done
$viditq evaluate --model "$sample" --prompts "$sample/eval_prompts.txt" --limit "${PROMPTS:-24}" --seed 1000 \
  --steps "$steps" --plan "$folder/decoupled.yaml" --plan "$folder/mse.yaml" "${metrics[@]}" --json \
  >"$folder/evaluation.json.new"
mv "$folder/evaluation.json.new" "$folder/evaluation.json"
