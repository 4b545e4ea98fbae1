# Build: wheels of everything, with the tools that need building.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY classifiers classifiers
COPY migrations migrations
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

# Run: the wheels and nothing else.
FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home rejoinder
# The wheels beside it are the only versions there are.
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links=/wheels rejoinder
USER 10001
ENV REJOINDER_DATA=/tmp/rejoinder \
    PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["rejoinder"]
CMD ["serve", "--host", "0.0.0.0"]
