# The image of api and worker in compose.yaml: `docker compose build`.
FROM python:3.11.14-slim-bookworm AS build
RUN python -m venv /jobscope
ENV PATH=/jobscope/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# Before the code, so that a change of code does not install everything anew.
COPY requirements/runtime.txt requirements/
RUN pip install --require-hashes -r requirements/runtime.txt
COPY . .
# --no-deps: the pins above are complete.
RUN pip install --no-deps .

FROM python:3.11.14-slim-bookworm
# The data volume takes its owner from this directory when it is first mounted.
RUN useradd --system --uid 10001 --no-create-home jobscope && install --directory --owner jobscope /data
COPY --from=build /jobscope /jobscope
# Output at once, since containers' logs are read live; no bytecode, since the image is read-only.
ENV PATH=/jobscope/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER jobscope
ENTRYPOINT ["jobscope"]
