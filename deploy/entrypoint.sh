#!/bin/sh
# Make the store on the first start, then run the command line: `serve` unless another command is given.
# COHORTGRAPH_STORE is the store's directory; COHORTGRAPH_GRAPH, where set, the Neo4j that holds its graph.
set -eu
if [ ! -e "$COHORTGRAPH_STORE/store.toml" ]; then
  if [ -n "${COHORTGRAPH_GRAPH:-}" ]; then
    cohortgraph init --store "$COHORTGRAPH_GRAPH" --directory "$COHORTGRAPH_STORE"
  else
    cohortgraph init --store "$COHORTGRAPH_STORE"
  fi
fi
exec cohortgraph "$@"
