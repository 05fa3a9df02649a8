"""What /metrics tells, in a registry of the app's own: two apps of one process count apart."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..ingest.outcome import Report

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counts and times of one app."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        labels = ["method", "route"]
        self._requests = Counter(
            "cohortgraph_requests", "Requests by route template", [*labels, "status"], registry=registry
        )
        self._seconds = Histogram(
            "cohortgraph_request_seconds", "Time to answer", labels, buckets=_SECONDS, registry=registry
        )
        self._reads = Counter("cohortgraph_engine_reads", "Statements that the engine read", registry=registry)
        self._refused = Counter("cohortgraph_refused", "Requests refused, there being too many", registry=registry)
        self._files = Counter(
            "cohortgraph_ingest_files", "Files that ingests took up, by outcome", ["outcome"], registry=registry
        )
        self._jobs = Counter("cohortgraph_jobs", "Jobs that came to an end", ["kind", "state"], registry=registry)

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Tell a value as it is when it is asked for."""
        Gauge(f"cohortgraph_{name}", told, registry=self._registry).set_function(value)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def read(self, reads: int) -> None:
        """Work came to an end that made the engine read so often."""
        self._reads.inc(reads)

    def refused(self) -> None:
        """A request was told to come again."""
        self._refused.inc()

    def job(self, kind: str, state: str) -> None:
        """A job came to an end."""
        self._jobs.labels(kind, state).inc()

    def ingested(self, report: Report) -> None:
        """An ingest came to its end."""
        for outcome in ("kept", "unchanged", "replaced", "duplicates", "conflicts", "ignored", "quarantined"):
            self._files.labels(outcome).inc(getattr(report, outcome))

    def text(self) -> bytes:
        """In the format of Prometheus."""
        return generate_latest(self._registry)
