# The `localstack` server of docker-compose.yml: LocalStack with this package's providers, in host mode.
# The base image needs `python3` 3.12 or 3.13 with the venv module, and the certificates that pip shall trust.
ARG BASE_IMAGE=python:3.13-slim-trixie
FROM ${BASE_IMAGE}

ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/lab
ENV PATH=/opt/lab/bin:${PATH}

# Before the code, so that a change of code does not install LocalStack again.
RUN --mount=type=bind,source=requirements/lab.txt,target=/tmp/lab.txt \
    --mount=type=cache,target=/var/cache/pip \
    PIP_CACHE_DIR=/var/cache/pip pip install --require-hashes --requirement /tmp/lab.txt

# The build backend is in the lock, so the build needs nothing that is not hashed.
COPY pyproject.toml README.md /opt/src/
COPY lab /opt/src/lab
RUN pip install --no-deps --no-build-isolation --no-cache-dir /opt/src

# Any user may run it (docker-compose.yml sets the learner's own, for the files that S3 writes), with no home of its own.
# It writes to /lab and /tmp only.
ENV HOME=/tmp USER=lab LAB_HOME=/lab LAB_CACHE=/opt/cache
RUN python -m lab.stack.container prepare && mkdir --mode=0777 /lab
USER 1000:1000
EXPOSE 4566
CMD ["python", "-m", "lab.stack.container", "serve"]
