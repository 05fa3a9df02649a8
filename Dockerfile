# cohortgraph's server: slim, without a compiler, as a user without rights.
FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --constraint constraints.txt --wheel-dir /wheels '.[neo4j,web,export]'

FROM python:3.12-slim
LABEL org.opencontainers.image.title="cohortgraph" org.opencontainers.image.licenses="Apache-2.0"
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels 'cohortgraph[neo4j,web,export]' \
    && useradd --uid 10001 --create-home cohortgraph \
    && install --directory --owner cohortgraph --group cohortgraph /store
COPY --chmod=755 deploy/entrypoint.sh /usr/local/bin/cohortgraph-entrypoint
USER cohortgraph
ENV COHORTGRAPH_STORE=/store PYTHONUNBUFFERED=1
VOLUME /store
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["cohortgraph-entrypoint"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
