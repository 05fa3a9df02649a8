"""The server."""

from __future__ import annotations

import click

from .options import server, store_option


@click.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen  [default: 127.0.0.1; any other needs a token]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen at; 0 takes a free one  [default: 8000]")
@store_option
def serve(host: str | None, port: int | None, store: str | None) -> None:
    """Answer for the store over HTTP: /api, /graphql, /docs, /healthz, /readyz, /metrics.

    Stops on Ctrl-C or SIGTERM when running requests are answered; an ingest goes on at the next start. Other settings
    come from COHORTGRAPH_… in the environment or [serve] in cohortgraph.toml; COHORTGRAPH_TOKEN is what clients send.
    """
    from ..errors import UsageError
    from ..settings import find_store

    try:
        from ..api.serve import serve as _serve
        from ..api.settings import ServeSettings
    except ImportError as error:
        raise UsageError(f"the server needs {error.name}: pip install 'cohortgraph[web]'") from error
    _serve(find_store(store, server()), ServeSettings.load(host=host, port=port))
