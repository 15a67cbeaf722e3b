FROM python:3.11-slim-bookworm AS build

RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
ENV UV_NO_CACHE=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /src

# What Alongside depends on, at the versions and hashes of the lock, without what only its tests need.
# A layer of its own, so that a change of our code does not install it again.
COPY pyproject.toml requirements.lock ./
RUN uv venv /opt/alongside \
    && uv pip install --compile-bytecode --python /opt/alongside/bin/python --verify-hashes --constraint requirements.lock \
        --requirements pyproject.toml

COPY . .
RUN uv build --wheel --out-dir /dist --build-constraints requirements.lock --require-hashes \
    && uv pip install --compile-bytecode --python /opt/alongside/bin/python --no-deps /dist/*.whl


FROM python:3.11-slim-bookworm

RUN groupadd --gid 10001 alongside \
    && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin alongside \
    && install --directory --mode=0700 --owner=10001 --group=10001 /worklists /erased
COPY --from=build /opt/alongside /opt/alongside

ENV PATH=/opt/alongside/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ALONGSIDE_LOG_FORMAT=json
USER 10001:10001
WORKDIR /home/alongside

# Every process is a sub-command: `worker`, `migrate`, `register`, `doctor` ...
ENTRYPOINT ["alongside"]
CMD ["--help"]
