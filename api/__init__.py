"""The server: GraphQL, REST and Cypher over one open store."""
