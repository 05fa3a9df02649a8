"""What docker-compose.yml and the image promise: nothing open to the network, no default password, no rights."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
SECRETS = {"COHORTGRAPH_TOKEN": "a", "NEO4J_PASSWORD": "b", "ORTHANC_PASSWORD": "c"}


def compose() -> list[str]:
    """The command of Docker Compose, of either generation."""
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("Docker Compose is not here (scripts/install-system-packages.sh installs it)")


def config(**secrets: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS} | secrets
    return subprocess.run([*compose(), "config"], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def services() -> dict[str, dict]:
    done = config(**SECRETS)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)["services"]


@pytest.mark.parametrize("missing", SECRETS)
def test_without_a_secret_compose_stops_and_names_it(missing):
    done = config(**{name: value for name, value in SECRETS.items() if name != missing})
    assert done.returncode != 0
    assert f"set {missing} in .env" in done.stderr


def test_nothing_listens_beyond_this_machine(services):
    for service in services.values():
        for port in service.get("ports", ()):
            published = port if isinstance(port, str) else port["host_ip"]
            assert published.startswith("127.0.0.1")


def test_every_service_has_a_health_check_and_a_named_volume(services):
    image = (ROOT / "Dockerfile").read_text()
    for name, service in services.items():
        assert "healthcheck" in service or (name == "server" and "HEALTHCHECK" in image), name
        assert any(_source(volume) in {"store", "neo4j", "orthanc"} for volume in service["volumes"]), name


def _source(volume: str | dict) -> str:
    return volume.split(":")[0] if isinstance(volume, str) else volume["source"]


def test_the_server_has_no_rights_it_does_not_need(services):
    server = services["server"]
    assert server["read_only"] and server["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in server["security_opt"]
    stages = (ROOT / "Dockerfile").read_text().split("FROM ")[1:]
    assert "USER cohortgraph" in stages[-1]


def test_the_image_builds_and_its_server_answers():
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode != 0:
        pytest.skip("no Docker daemon answers")
    subprocess.run(["docker", "build", "--quiet", "--tag", "cohortgraph:test", "."], cwd=ROOT, check=True)
    started = ["docker", "run", "--rm", "--detach", "--env", "COHORTGRAPH_TOKEN=a", "cohortgraph:test"]
    container = subprocess.run(started, check=True, capture_output=True, text=True).stdout.strip()
    try:
        ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/readyz', timeout=5).status)"
        told = [
            "docker",
            "exec",
            container,
            "sh",
            "-c",
            f'for _ in $(seq 30); do python -c "{ask}" && break; sleep 1; done',
        ]
        assert subprocess.run(told, capture_output=True, text=True).stdout.strip() == "200"
    finally:
        subprocess.run(["docker", "kill", container], capture_output=True)
