# The system tier: trackers' webhooks, and the faces of trackers and ERPs. Keeps no state.
# Built from the repository's root: docker build -f deploy/system.Dockerfile -t timepost-system .
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml requirements.lock ./
COPY deploy/image_requirements.py deploy/
RUN python -m venv /opt/timepost \
    && python deploy/image_requirements.py otlp > needed.txt \
    && /opt/timepost/bin/pip install --no-cache-dir --no-deps --require-hashes -r needed.txt
COPY README.md LICENSE ./
COPY shared shared
COPY system_apis system_apis
COPY process_apis process_apis
COPY experience_apis experience_apis
COPY deploy deploy
RUN /opt/timepost/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home timepost
COPY --from=build /opt/timepost /opt/timepost
USER 10001
EXPOSE 8100
ENTRYPOINT ["/opt/timepost/bin/timepost"]
CMD ["serve", "system", "--host", "0.0.0.0", "--port", "8100"]
