# SysPark in a container: `docker build --tag syspark .`; docs/deploying.md says how it is run.
# PostgreSQL and the broker are elsewhere: the embedded ones are for trying out and are not in the image.

FROM python:3.11.14-slim-bookworm AS builder
WORKDIR /build
RUN python -m venv /opt/syspark
COPY requirements.image.lock ./
RUN /opt/syspark/bin/python -m pip install --require-hashes --requirement requirements.image.lock
COPY setup.cfg pyproject.toml README.md ./
COPY syspark ./syspark
COPY actors ./actors
COPY web ./web
COPY ops ./ops
RUN /opt/syspark/bin/python -m pip install --no-deps --no-build-isolation . \
    && /opt/syspark/bin/python -m pip uninstall --yes setuptools pip

FROM python:3.11.14-slim-bookworm
# Nothing is written outside /tmp, so that the container may be read-only.
ENV PATH=/opt/syspark/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SYSPARK_HOME=/tmp/syspark
COPY --from=builder /opt/syspark /opt/syspark
# A number, not a name: Kubernetes' runAsNonRoot can tell that it is not root.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/opt/syspark/bin/python", "-I", "-m", "ops.image.health"]
# Whole commands follow, as `syspark check`: it is the same whether a platform replaces CMD alone or both.
ENTRYPOINT ["/usr/bin/env"]
CMD ["syspark", "serve"]
