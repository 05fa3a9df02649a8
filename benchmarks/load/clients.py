"""Clients that ask one question after the other, by REST and by GraphQL, and keep what they were told."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from cohortgraph.queries.language.relations import LEVELS

from .answers import PAGE, Answer, Document, State
from .server import Server

_LABELS = {level.name: level.label for level in LEVELS}


@dataclass(slots=True)
class Told:
    """What all clients were told.

    Attributes
    ----------
    answers
        Version, question, answer → how often.
    states
        Version → what the store held, as GraphQL told beside an answer of that version.
    seconds
        REST or GraphQL → what each answer took.
    busy, interrupted
        Requests that were told to come again, and that a kill of the server cut off.
    errors
        Whatever else was no answer.
    """

    answers: Counter[tuple[int, int, Answer]] = field(default_factory=Counter)
    states: dict[int, State] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"REST": [], "GraphQL": []})
    busy: int = 0
    interrupted: int = 0
    errors: list[str] = field(default_factory=list)


class Clients:
    """So many threads, until they are told to stop."""

    def __init__(self, server: Server, documents: Sequence[Document], count: int) -> None:
        self._server, self._documents = server, documents
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self.told = Told()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(count)]

    def start(self) -> None:
        """Begin to ask."""
        for each in self._threads:
            each.start()

    def stop(self) -> Told:
        """Let each finish what it asks; what they were told."""
        self._stop.set()
        for each in self._threads:
            each.join()
        return self.told

    def _ask(self, seed: int) -> None:
        chance = random.Random(seed)
        with httpx.Client(base_url=self._server.url, timeout=90) as http:
            while not self._stop.is_set():
                self._server.up.wait(1)
                way = chance.choice(("REST", "GraphQL"))
                number = chance.randrange(len(self._documents))
                self._once(http, way, number)

    def _once(self, http: httpx.Client, way: str, number: int) -> None:
        began = time.perf_counter()
        try:
            path, body = _request(way, self._documents[number])
            answer = http.post(path, json=body)
        except httpx.TransportError as error:
            self._cut_off(error)
            return
        took = time.perf_counter() - began
        if answer.status_code == 503 and "retry-after" in answer.headers:
            with self._guard:
                self.told.busy += 1
            self._stop.wait(float(answer.headers["retry-after"]))
            return
        with self._guard:
            try:
                version, body = int(answer.headers["x-store-version"]), answer.json()
                found = _answer(way, body)
                if way == "GraphQL":
                    self.told.states[version] = State(*(body["data"][name]["total"] for name in State._fields))
            except (AttributeError, KeyError, TypeError, ValueError):
                self.told.errors.append(f"{way}: {answer.status_code} {answer.text[:300]}")
            else:
                self.told.answers[version, number, found] += 1
                self.told.seconds[way].append(took)

    def _cut_off(self, error: httpx.TransportError) -> None:
        time.sleep(0.2)
        with self._guard:
            if self._server.up.is_set() and not self._stop.is_set() and not self._server.restarted_lately():
                self.told.errors.append(repr(error))
            else:
                self.told.interrupted += 1


def _request(way: str, document: Document) -> tuple[str, dict[str, Any]]:
    if way == "REST":
        return "/api/query", {"document": document, "limit": PAGE}
    ((root, where),) = document.items()
    asked = (
        f"query($where: {_LABELS[root]}Filter) {{ "
        f"found: {root}(where: $where, first: {PAGE}) {{ total nodes {{ id }} }} "
        "instances(first: 1) { total } measured: segments(where: {voxelCount: {exists: true}}, first: 1) { total } }"
    )
    return "/graphql", {"query": asked, "variables": {"where": where}}


def _answer(way: str, body: dict[str, Any]) -> Answer:
    if way == "REST":
        return body["total"], tuple(hit["id"] for hit in body["hits"])
    page = body["data"]["found"]
    return page["total"], tuple(node["id"] for node in page["nodes"])
