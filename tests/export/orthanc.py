"""A real DICOMweb service: Orthanc, in a network of its own that reaches nothing, as it listens on every interface."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PORT = 8042
URL = f"http://127.0.0.1:{PORT}"
_STARTS_S = 120


class NoOrthanc(Exception):
    """Why there is none."""


@contextmanager
def running(folder: Path) -> Iterator[list[str]]:
    """What to put before a command that is to reach it at ``URL``."""
    if not (binary := shutil.which("Orthanc")) or not PLUGIN.exists():
        raise NoOrthanc("Orthanc with its DICOMweb plugin is not installed (apt: orthanc orthanc-dicomweb)")
    own = ["unshare", "--net", "bash", "-c"]
    if subprocess.run([*own, "ip link set lo up"], capture_output=True).returncode:
        raise NoOrthanc("no network of its own can be made for Orthanc (needs root)")
    config = folder / "orthanc.json"
    told = {
        "StorageDirectory": str(folder / "storage"), "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(PLUGIN)],
        "HttpPort": PORT, "DicomServerEnabled": False, "RemoteAccessAllowed": True, "AuthenticationEnabled": False,
        "DicomWeb": {"Enable": True},
    }  # fmt: skip
    config.write_text(json.dumps(told))
    with (folder / "log").open("wb") as log:
        command = [*own, f"ip link set lo up; TCP_NODELAY=1 exec {binary} {config}"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        into = ["nsenter", f"--net=/proc/{process.pid}/ns/net"]
        for _ in range(_STARTS_S * 4):
            if (
                subprocess.run([*into, "bash", "-c", f": >/dev/tcp/127.0.0.1/{PORT}"], capture_output=True).returncode
                == 0
            ):
                break
            if process.poll() is not None:
                raise NoOrthanc(f"Orthanc ended at once: {(folder / 'log').read_text()[-400:]}")
            time.sleep(0.25)
        else:
            raise NoOrthanc(f"Orthanc does not answer after {_STARTS_S} s")
        yield into
    finally:
        process.terminate()
        process.wait()
