# One image for the API, the worker and the migration job.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv==0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /srv/waypost
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --no-dev --no-install-project
COPY alembic.ini ./
COPY alembic alembic
COPY app app
RUN uv sync --locked --no-dev

FROM python:3.13-slim
COPY --from=build /srv/waypost /srv/waypost
WORKDIR /srv/waypost
ENV PATH=/srv/waypost/.venv/bin:$PATH PYTHONUNBUFFERED=1 WAYPOST_HOST=0.0.0.0
# of the planner's machine code: the installation itself cannot be written to
ENV NUMBA_CACHE_DIR=/tmp/numba
RUN install -d -o 10001 -g 10001 /var/lib/waypost/documents
USER 10001:10001
EXPOSE 8000
CMD ["waypost", "serve"]
