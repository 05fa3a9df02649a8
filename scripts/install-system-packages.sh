#!/usr/bin/env bash
# Independent DICOM readers for the tests (dcmtk, dicom3tools), a DICOMweb service (Orthanc), what checks docker-compose.yml,
# and Java + Maven for a real Neo4j where there is no Docker.
# Where they can't be had, the tests that need them skip and say so.
set -u
wanted=()
command -v dcmdump >/dev/null || wanted+=(dcmtk)
command -v dciodvfy >/dev/null || wanted+=(dicom3tools)
[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || wanted+=(orthanc orthanc-dicomweb)
docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || wanted+=(docker-compose)
if ! docker info >/dev/null 2>&1; then
  command -v java >/dev/null || wanted+=(openjdk-17-jdk-headless)
  command -v mvn >/dev/null || wanted+=(maven)
fi
[ ${#wanted[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "not installed: ${wanted[*]} (needs apt-get and root); the tests that need them will skip"
  exit 0
fi
# Orthanc listens on every interface: the tests start their own, in a network of its own, and none may run besides.
case " ${wanted[*]} " in *" orthanc "*) systemctl mask orthanc.service >/dev/null 2>&1 ;; esac
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null ||
  echo "could not install: ${wanted[*]}; the tests that need them will skip"
