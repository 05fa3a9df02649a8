"""A worker of exports."""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from .options import server, store_option


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    metavar="N",
    help="Samples at the same time, each in a process of its own that holds it in memory  [default: one per core]",
)
@click.option("--with-parent", is_flag=True, hidden=True)
@store_option
def worker(concurrency: int | None, with_parent: bool, store: str | None) -> None:
    """Make the exports that wait as jobs, until Ctrl-C or SIGTERM.

    More workers, on more machines: the same command with the same COHORTGRAPH_JOBS_URL (postgresql://…) and a folder
    that all of them see under one path. A worker needs no store: what dies leaves its samples to the others.
    """
    from ..errors import UsageError
    from ..export.jobs.database import ENVIRONMENT, jobs_url
    from ..ingest.workers import default_workers
    from ..settings import find_store

    url = jobs_url(None if os.environ.get(ENVIRONMENT) else find_store(store, server()))
    try:
        from ..export.jobs.worker import working
    except ImportError as error:
        raise UsageError(f"a worker needs {error.name}: pip install 'cohortgraph[export]'") from error
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()
    with working(url, concurrency or default_workers()) as identifier:
        click.echo(f"working as {identifier}", err=True)
        stop.wait()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads may wait for a sample that another worker makes now


def _end_with_parent(stop: threading.Event) -> None:
    """Its standard input is a pipe, which ends with the process that holds the other end, however that ends."""
    sys.stdin.buffer.read()
    stop.set()
