"""A real Neo4j for the tests: NEO4J_URI where set, else Docker, else Maven and Java; else why there is none."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "scripts" / "neo4j"
CACHE = ROOT / ".neo4j"
IMAGE = "neo4j:5.26.20-community"
OPENS = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("nio", "lang")]


class NoNeo4j(Exception):
    """Why none can be started here."""


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The URL of a Neo4j that is up.

    Raises
    ------
    NoNeo4j
        where there is no way to one.
    """
    if url := os.environ.get("NEO4J_URI"):
        yield url
    elif _docker_answers():
        with _in_docker() as url:
            yield url
    elif shutil.which("java") and shutil.which("mvn"):
        with _in_java() as url:
            yield url
    else:
        raise NoNeo4j("no NEO4J_URI, no Docker daemon, and no java with mvn")


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    return bool(docker) and subprocess.run([docker, "info"], capture_output=True, timeout=30).returncode == 0


@contextlib.contextmanager
def _in_docker() -> Iterator[str]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.waiting_utils import wait_for_logs

    container = DockerContainer(IMAGE).with_env("NEO4J_AUTH", "none")
    container.ports[7687] = ("127.0.0.1", None)
    with container:
        wait_for_logs(container, "Started.", timeout=120)
        yield f"bolt://127.0.0.1:{container.get_exposed_port(7687)}"


@contextlib.contextmanager
def _in_java() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="neo4j-") as home:
        command = ["java", "-Xmx1g", *OPENS, "-cp", _classpath(), str(SCRIPTS / "Neo4j.java"), home, str(port)]
        with (
            Path(home, "errors").open("wb+") as errors,
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as server,
        ):
            try:
                if not any(b"READY" in line for line in server.stdout):
                    errors.seek(0)
                    raise NoNeo4j(f"Neo4j did not start: {errors.read().decode()[-500:]}")
                yield f"bolt://127.0.0.1:{port}"
            finally:
                server.stdin.close()
                try:
                    server.wait(60)
                except subprocess.TimeoutExpired:
                    server.kill()


def _classpath() -> str:
    """The class path that Maven resolved for this pom.xml; resolved once."""
    pom = SCRIPTS / "pom.xml"
    cached = CACHE / f"{hashlib.sha256(pom.read_bytes()).hexdigest()[:16]}.classpath"
    if not cached.exists():
        CACHE.mkdir(exist_ok=True)
        partial = cached.with_suffix(f".{os.getpid()}")  # tests in parallel resolve it at the same time
        command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:build-classpath", f"-Dmdep.outputFile={partial}"]
        resolved = subprocess.run(command, capture_output=True, text=True)
        if resolved.returncode:
            raise NoNeo4j(f"Maven can't resolve Neo4j: {resolved.stdout[-500:]}")
        partial.replace(cached)
    return cached.read_text().strip()
