"""What people see in the terminal: progress, reports, counts, trees."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.tree import Tree as RichTree

from .output import UNBROKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..graph.reading.digest import Stats
    from ..ingest.pipeline import Event, Report
    from ..queries.answers.tree import Tree
    from ..registry.registry import Held

_DEEPEST = 100
_LINE_S = 10.0


def plain(value: Any) -> Any:
    """A dataclass, or a list of them, as JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [plain(part) for part in value] if isinstance(value, list) else value


@contextmanager
def ingest_progress() -> Iterator[Callable[[Event], None]]:
    """A progress bar on standard error, fed with the pipeline's events; off a terminal, a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        lines = _Lines()
        yield lines.show
        lines.end()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, Any] = {}

        def show(event: Event) -> None:
            if event.phase not in tasks:
                tasks[event.phase] = progress.add_task(event.phase, total=event.total, told="")
            progress.update(tasks[event.phase], completed=event.done, total=event.total, told=_told(event))

        yield show


class _Lines:
    """Progress in a file of logs."""

    def __init__(self) -> None:
        self._printed = time.monotonic()
        self._event: Event | None = None

    def show(self, event: Event) -> None:
        """A line every ten seconds, and one at the end of a phase."""
        if self._event and self._event.phase != event.phase:
            self.end()
        self._event = event
        if time.monotonic() - self._printed >= _LINE_S:
            self.end()

    def end(self) -> None:
        """The line of what was not printed yet."""
        if self._event:
            total = "" if self._event.total is None else f"/{self._event.total}"
            click.echo(f"{self._event.phase} {self._event.done}{total}  {_told(self._event)}", err=True)
            self._printed, self._event = time.monotonic(), None


def _told(event: Event) -> str:
    rate = f"{event.done / event.seconds:.{0 if event.done > event.seconds else 2}f}/s" if event.seconds else ""
    names = ("kept", "unchanged", "quarantined", "failed")
    counts = [f"{count} {name}" for name in names if (count := getattr(event, name))]
    speed = [f"{size_of(event.size / event.seconds)}/s"] if event.size and event.seconds else []
    return "  ".join([rate, *([size_of(event.size), *speed] if event.size else []), *counts])


def size_of(count: float) -> str:
    """A number of bytes, in the unit in which it reads best."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"


def ingest_report(report: Report) -> None:
    """The counts of an ingest, in sentences."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.instances.items()))
    click.echo(
        f"{report.files} files in {report.seconds:.1f} s: {report.kept} kept, {report.unchanged} unchanged, "
        f"{report.replaced} replaced, {report.duplicates} duplicates, {report.conflicts} in conflict, "
        f"{report.ignored} ignored, {report.quarantined} quarantined"
    )
    if kinds:
        click.echo(f"kept: {kinds}")
    if report.quarantined or report.conflicts:
        click.echo("`cohortgraph quarantine` names what was not ingested, and why")


def ingest_files(report: Report) -> None:
    """The files that are no DICOM by content."""
    for uri in report.ignored_files:
        click.echo(f"ignored, no DICOM: {uri}")


def quarantine(held: list[Held]) -> None:
    """One line a file: state, location, reason."""
    for entry in held:
        click.echo(f"{entry.state}  {entry.uri}\n    {entry.reason}")
    click.echo(f"{len(held)} files" if held else "nothing in quarantine, no conflicts")


def stats(found: Stats) -> None:
    """Tables of counts."""
    console = Console()
    console.print(f"store version {found.version}")
    _counts(console, "nodes", found.nodes)
    _counts(console, "edges", found.edges)
    table = Table("code", "meaning", "edges", title="top codes", box=None, title_justify="left")
    for code in found.top_codes:
        table.add_row(escape(code.id), escape(code.meaning), str(code.edges))
    console.print(table)
    console.print(f"unresolved references: {found.unresolved}")
    console.print(f"flagged codes: {', '.join(map(escape, found.flagged)) or 'none'}")


def _counts(console: Console, title: str, counts: Mapping[str, int]) -> None:
    table = Table(title, "count", box=None)
    for name, count in counts.items():
        if count:
            table.add_row(name, str(count))
    console.print(table)


def tree(found: Tree) -> None:
    """The tree with guides; a content item's context follows its title."""
    # Into a file or a pipe each node keeps one line of its own, however long.
    console = Console(width=None if sys.stdout.isatty() else UNBROKEN)
    console.print(_rich(found))


def _rich(found: Tree) -> RichTree:
    """Down to a hundred levels: each is drawn further to the right, and a report may have thousands."""
    root = RichTree(_line(found))
    stack = [(found, root, 1)]
    while stack:
        node, drawn, level = stack.pop()
        if level == _DEEPEST and node.children:
            drawn.add("… (deeper levels are not drawn)")
        else:
            stack.extend((child, drawn.add(_line(child)), level + 1) for child in node.children)
    return root


def _line(node: Tree) -> str:
    identity = "" if node.label == "ContentItem" else f"[bold]{node.label}[/bold] {escape(node.id)}  "
    context = "".join(f"  [dim]{key}: {escape(', '.join(values))}[/dim]" for key, values in node.context.items())
    return f"{identity}{escape(node.title)}{context}"
