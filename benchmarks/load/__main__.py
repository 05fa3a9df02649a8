"""``python -m benchmarks.load --minutes 5 --clients 32 --objects 5000``: print what the clients were told."""

from __future__ import annotations

import socket
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

import click

from .batches import draw, pack
from .run import Result, choose, trial


@click.command()
@click.option("--minutes", default=5.0, show_default=True, help="How long the clients ask")
@click.option("--clients", default=32, show_default=True, help="Clients at the same time")
@click.option("--objects", default=5000, show_default=True, help="Objects that are ingested meanwhile")
@click.option("--batches", default=50, show_default=True, help="Archives that they arrive in")
@click.option("--files", type=click.Path(path_type=Path, exists=True), help="DICOM files  [default: drawn ones]")
def main(minutes: float, clients: int, objects: int, batches: int, files: Path | None) -> None:
    """Ask a server from many sides while objects are ingested and it is killed once; check every answer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if files is None:
            files = folder / "drawn"
            draw(files, objects)
        archives = pack(files, folder / "archives", objects, batches)
        documents = choose(folder / "chosen", archives)
        print(
            f"{clients} clients ask {len(documents)} questions while {objects} objects arrive in {len(archives)} parts"
        )
        result = trial(folder, archives, documents, clients=clients, seconds=minutes * 60, port=free_port())
    show(result)
    sys.exit(bool(result.told.errors or result.wrong or not result.same_digest))


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def show(result: Result) -> None:
    """Print a trial."""
    told = result.told
    for way, seconds in told.seconds.items():
        if len(seconds) > 1:
            p95 = quantiles(seconds, n=20)[-1]
            print(f"  {way:<8} {len(seconds):>6} answers, median {median(seconds):.2f} s, p95 {p95:.2f} s")
    print(f"  {len(told.errors)} errors, {told.busy} told to come again, {told.interrupted} cut off by the kill")
    print(f"  {len(result.wrong)} wrong of {sum(told.answers.values())} answers in {result.states} states of the store")
    print(f"  {result.unknown} answers at versions that no answer by GraphQL fell on, not compared")
    print(f"  {result.checked} of {len(told.answers)} different ones given by the naive evaluator too")
    print(f"  digest as of an undisturbed ingest: {'yes' if result.same_digest else 'NO'}")
    held = [each for each in result.memory if each]
    fifth = max(1, len(held) // 5)
    parts = [round(median(held[begin : begin + fifth])) for begin in range(0, fifth * 5, fifth) if held[begin:]]
    print(f"  memory of the server, MiB, medians of fifths: {parts}, most {max(held)}")
    for each in (told.errors + result.wrong)[:10]:
        print("   ", each)


if __name__ == "__main__":
    main()
