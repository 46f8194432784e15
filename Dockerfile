# The page and its service: docker build -t enhance . && docker run --rm -p 127.0.0.1:8000:8000 enhance
FROM python:3.12-slim
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src src
# hadolint ignore=DL3013
RUN pip install --no-cache-dir '.[web]' && rm -rf /build && useradd --create-home --uid 10001 enhance
WORKDIR /home/enhance
USER 10001
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
# All addresses of the container; who reaches it is said by -p. Another name than localhost needs --allow-host NAME.
CMD ["enhance", "serve", "--host", "0.0.0.0", "--access-log"]
