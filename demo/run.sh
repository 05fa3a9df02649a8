#!/usr/bin/env bash
# The whole way once: draw patients, ingest them, ask four questions, freeze a cohort, export its files, and what a
# training job reads.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/demo
rm -rf "$out"
export COHORTGRAPH_STORE="$out/store"

step() { printf '\n\033[1m%s\033[0m\n' "$1"; }
run() {
  local told='$'
  for word in "$@"; do case $word in *' '*) told+=" '$word'" ;; *) told+=" $word" ;; esac; done
  printf '%s\n' "$told"
  "$@"
}

step "1. Draw 40 patients: CT, segmentations, reports, ECGs, structure sets (no real person)"
run python -m demo "$out/data"

step "2. Make a store and ingest them"
run cohortgraph init
run cohortgraph ingest "$out/data" --dataset demo
run cohortgraph datasets set demo --title "Drawn patients" --license CC0-1.0 --use-terms DUO:0000004

step "3. Ask"
for question in demo/questions/*.yaml; do
  printf '\n'
  sed -n 's/^# //p' "$question"
  run cohortgraph query "$question" --limit 8
done

step "4. Freeze a cohort: patients with both ventricles in one segmentation"
cohort=demo/questions/1-both-ventricles-in-one-segmentation.yaml
run cohortgraph cohort create both-ventricles "$cohort" --notes "drawn, of no real person"
run cohortgraph cohort freeze both-ventricles
run cohortgraph cohort diff both-ventricles

step "5. Take it along"
run cohortgraph export both-ventricles@1 --out "$out/cohort"
head -n 4 "$out/cohort/manifest.csv"

step "6. Take what a training job reads: CTs with both ventricles as labels, no person in two parts"
labels='left ventricle,right ventricle'
run cohortgraph export both-ventricles@1 --format nnunet --segments "$labels" --split train=0.8,test=0.2 \
  --out "$out/nnUNet_raw/Dataset001_Ventricles"
run cohortgraph export both-ventricles@1 --format monai --segments "$labels" --split train=0.7,val=0.15,test=0.15 \
  --resample 2x2x2mm --out "$out/monai"
run cohortgraph export verify "$out/nnUNet_raw/Dataset001_Ventricles"
run cohortgraph export verify "$out/monai"

first=$(cohortgraph query "$cohort" --format json --limit 1 | python -c 'import json, sys; print(json.load(sys.stdin)["hits"][0]["patientID"])')
cat <<EOF

Where to look
  $out/data       the DICOM files, and truth.json: what is true of each patient
  $out/store      the store
  $out/cohort     the cohort's DICOM files, with manifest.json, manifest.csv and DICOMDIR
  $out/nnUNet_raw for nnU-Net: images, labels, dataset.json
  $out/monai      for MONAI: images, labels, datalist.json

How to go on
  export COHORTGRAPH_STORE=$out/store PATH=.venv/bin:\$PATH
  cohortgraph show $first
  cohortgraph explain $cohort
  cohortgraph cohort show both-ventricles
  cohortgraph query $cohort --level items --evidence --format json
  cohortgraph stats

How to load it in a training job
  nnU-Net  nnUNet_raw=$out/nnUNet_raw nnUNet_preprocessed=$out/nnUNet_preprocessed nnUNet_results=$out/nnUNet_results \\
             nnUNetv2_plan_and_preprocess -d 1 --verify_dataset_integrity
  MONAI    monai.data.load_decathlon_datalist("$out/monai/datalist.json", True, "training")
EOF
