#!/bin/sh
# Step caching on the samples: seconds, PSNR, SSIM and skipped evaluations of full precision and W8A8,
# without and with each caching. Seconds need a quiet machine; everything else is the same on any.
#   bench/step-caching.sh [PROMPTS] [FOLDER]    default: 24 prompts, step-caching-out
# FOLDER/picture and FOLDER/video get report.html and metrics.json, which has "timesAsFast".
set -eu
cd "$(dirname "$0")/.."
prompts=${1:-24}
out=${2:-step-caching-out}

compare() {
  name=$1
  sample=$2
  shift 2
  ./viditq evaluate --model "samples/$sample" --prompts "samples/$sample/eval_prompts.txt" \
    --limit "$prompts" --seed 1000 --plan w8a8 "$@" --out "$out/$name" --force
}

mkdir -p "$out"
for sample in picture:pixart-mini video:stdit-mini; do
  compare "${sample%%:*}" "${sample#*:}" --cache threshold:0.1 --cache auto --cache threshold:0.2 \
    --cache threshold:0.3 --cache interval:2 --cache interval:2,cross:0.5
done
