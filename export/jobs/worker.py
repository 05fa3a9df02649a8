"""A worker: a process that takes exports from the queue until it is told to stop.

Each process has an identity of its own, which a row with a beat makes known. Who finds a row whose process is gone from
this machine, or whose beat has stopped, puts the jobs of that worker back into the queue. A worker that was taken for
dead and isn't does no harm: both make the same files, each of which appears whole.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from sqlalchemy import Engine, delete, func, insert, select, update

from ..drive import Processes
from ..work import Outcome
from .database import WORKERS, prepared
from .flows import EXPORTS, SAMPLES, VERSION, WORKING, Worker

BEAT_S = 2.0
DEAD_S = 20.0
"""A worker whose beat is older is taken for dead; clocks of the machines may differ by less."""
_EXPORTS = 16
_LOOK_S = 0.2
_LOG = logging.getLogger("cohortgraph.worker")


@contextmanager
def working(url: str, concurrency: int, executor: Executor | None = None) -> Iterator[str]:
    """Work as long as the context lasts, once in a process; its value is this worker's id.

    At the end what is at hand goes back into the queue at once. Threads may still wait for a sample then: the process
    is best ended with ``os._exit``.

    Parameters
    ----------
    concurrency
        Samples at the same time, each in a process of its own, or on ``executor``.
    """
    engine = prepared(url)
    client = DBOSClient(system_database_url=url, serializer=DBOSPortableJSONSerializer())
    identifier = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    stopped = threading.Event()
    processes = Processes(concurrency)
    to = executor or processes

    def submit(function: Callable[[str, int], Outcome], out: str, number: int) -> Future[Outcome]:
        if stopped.is_set():
            threading.Event().wait()  # another worker does it; an error would be noted as the sample's
        return to.submit(function, out, number)

    _register(engine, identifier, concurrency)
    WORKING.append(Worker(engine, client, submit))
    DBOS(
        config={
            "name": "cohortgraph",
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": identifier,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "CRITICAL",  # what fails is told by the job, not by a traceback
        }
    )
    beating = threading.Thread(target=_beat, args=(engine, client, identifier, concurrency, stopped), daemon=True)
    try:
        DBOS.launch()
        beating.start()
        _open_queues(engine)
        yield identifier
    finally:
        stopped.set()
        beating.join()
        DBOS.destroy(workflow_completion_timeout_sec=0)
        _leave(engine, client, identifier)
        processes.close(at_once=True)
        WORKING.clear()
        client.destroy()
        engine.dispose()


def _open_queues(engine: Engine) -> None:
    """The limit of a queue is the same for all workers: that of the largest; each has processes of its own besides."""
    with engine.connect() as connection:
        largest = connection.execute(select(func.max(WORKERS.c.concurrency))).scalar_one()
    for queue, most in ((EXPORTS, _EXPORTS), (SAMPLES, largest)):
        DBOS.register_queue(queue, worker_concurrency=most, polling_interval_sec=_LOOK_S, on_conflict="always_update")


def _register(engine: Engine, identifier: str, concurrency: int) -> None:
    row = {
        "id": identifier,
        "host": socket.gethostname(),
        "process": os.getpid(),
        "concurrency": concurrency,
        "beat": time.time(),
    }
    with engine.begin() as connection:
        connection.execute(insert(WORKERS).values(row))


def _beat(engine: Engine, client: DBOSClient, identifier: str, concurrency: int, stopped: threading.Event) -> None:
    while True:
        try:
            take_over(engine, client, identifier)
            with engine.begin() as connection:
                mine = update(WORKERS).where(WORKERS.c.id == identifier).values(beat=time.time())
                if not connection.execute(mine).rowcount:
                    _LOG.warning("taken for dead; going on")
                    _register(engine, identifier, concurrency)
        except Exception as error:  # the database is away for a while: the next beat tries again
            _LOG.warning("no beat: %s", type(error).__name__)
        if stopped.wait(BEAT_S):
            return


def take_over(engine: Engine, client: DBOSClient, identifier: str, now: float | None = None) -> list[str]:
    """Put the jobs of dead workers back into the queue; which workflows these are."""
    now = time.time() if now is None else now
    host, taken = socket.gethostname(), []
    with engine.connect() as connection:
        others = connection.execute(select(WORKERS).where(WORKERS.c.id != identifier)).all()
    for each in others:
        if now - each.beat < DEAD_S and not (each.host == host and not _lives(each.process)):
            continue
        seen = (WORKERS.c.id == each.id) & (WORKERS.c.beat == each.beat) & (WORKERS.c.process == each.process)
        mine = {"host": host, "process": os.getpid(), "beat": now}
        with engine.begin() as connection:  # of several that see it, one; if that dies meanwhile, again another
            if not connection.execute(update(WORKERS).where(seen).values(mine)).rowcount:
                continue
        taken += requeue(client, each.id)
        with engine.begin() as connection:
            connection.execute(delete(WORKERS).where(WORKERS.c.id == each.id))
    return taken


def requeue(client: DBOSClient, identifier: str) -> list[str]:
    """Put what a worker has at hand back into the queues; which workflows these are."""
    found = client.list_workflows(status="PENDING", executor_id=identifier, load_input=False, load_output=False)
    for queue in (EXPORTS, SAMPLES):
        ids = [each.workflow_id for each in found if each.queue_name == queue]
        if ids:
            client.resume_workflows(ids, queue_name=queue)
    return [each.workflow_id for each in found]


def _leave(engine: Engine, client: DBOSClient, identifier: str) -> None:
    """Leave what was at hand to others at once."""
    requeue(client, identifier)
    with engine.begin() as connection:
        connection.execute(delete(WORKERS).where(WORKERS.c.id == identifier))


def _lives(process: int) -> bool:
    if process == os.getpid():  # ours now: a restarted container counts from the same number on
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    """Whether it has ended, and its parent, as the first process of a container may, has not asked how."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(errors="replace")
    except OSError:  # no Linux, or it is gone now
        return False
    return stat.rpartition(")")[2].split()[:1] == ["Z"]
