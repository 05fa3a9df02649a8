#!/usr/bin/env bash
# Fetch the files of GraphiQL and React that api/static/graphiql carries from the npm registry, and check their digests.
# For other versions: change them here and in NOTICE, run with --accept to write SHA256SUMS anew, and look at /graphql.
set -euo pipefail
into=$(cd "$(dirname "$0")/.." && pwd)/api/static/graphiql
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # package@version, its file, our name for it
  local archive
  archive=$(cd "$work" && npm pack --silent "$1")
  tar -xzOf "$work/$archive" "package/$2" >"$into/$3"
}
fetch graphiql@3.9.0 graphiql.min.js graphiql.min.js
fetch graphiql@3.9.0 graphiql.min.css graphiql.min.css
fetch graphiql@3.9.0 LICENSE LICENSE.graphiql
fetch @fontsource/fira-code@5.3.0 LICENSE LICENSE.fira-code
fetch react@18.3.1 umd/react.production.min.js react.production.min.js
fetch react-dom@18.3.1 umd/react-dom.production.min.js react-dom.production.min.js
fetch react@18.3.1 LICENSE LICENSE.react

cd "$into"
if [ "${1:-}" = --accept ]; then
  sha256sum -- *.min.* LICENSE.* >SHA256SUMS
fi
sha256sum --check --quiet SHA256SUMS
