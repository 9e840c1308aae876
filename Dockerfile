# One image for every service of docker-compose.yml. Nothing here names a package registry: pip and uv use what the machine is set to,
# and the engine's proxy settings apply to the build as they do to any other.

# The digest is what is pulled; the tag is for people. How it is renewed: docs/decisions.md, 145.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b

FROM ${PYTHON_IMAGE} AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY requirements-uv.lock /build/
RUN pip install --quiet --require-hashes -r /build/requirements-uv.lock
# Only the lock is copied here, so a change of our own code does not install 170 packages again.
COPY requirements.lock /build/
RUN uv venv --quiet --python "$(command -v python3)" /opt/venv \
 && VIRTUAL_ENV=/opt/venv uv pip install --quiet --no-cache --no-deps --require-hashes --compile-bytecode -r /build/requirements.lock

FROM dependencies AS package
COPY pyproject.toml README.md LICENSE /build/
COPY src /build/src
COPY dags /build/dags
COPY dbt_project /build/dbt_project
COPY expectations /build/expectations
# A prefix of its own, so that the last stage can lay just our package over the dependencies. setuptools is in the lock:
# with it, and without build isolation, building the wheel fetches nothing.
RUN VIRTUAL_ENV=/opt/venv uv pip install --quiet --no-cache --no-deps --no-build-isolation --compile-bytecode \
    --prefix /opt/package /build && chmod -R a+rX /opt/package

FROM ${PYTHON_IMAGE}
# The notice's PDF: Pango lays the text out, and the Chinese font is embedded.
COPY scripts/system_packages /tmp/system_packages
RUN /tmp/system_packages run && rm -rf /tmp/system_packages /var/lib/apt/lists/*
# Volumes take owner and mode from the image's folder when they are first made: without these the services could not write.
RUN groupadd --gid 10001 survey && useradd --uid 10001 --gid survey --create-home --shell /usr/sbin/nologin survey \
 && install -d -o survey -g survey -m 0750 /var/lib/callback_survey /var/lib/airflow && install -d -m 0755 /exports /registers
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/var/lib/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/venv/lib/python3.11/site-packages/callback_survey/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    CALLBACK_SURVEY_HOME=/var/lib/callback_survey \
    CALLBACK_SURVEY_EXPORTS=/exports \
    CALLBACK_SURVEY_REGISTERS=/registers \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    GX_ANALYTICS_ENABLED=false
COPY --from=dependencies /opt/venv /opt/venv
# Readable by the user below also when the checkout was made under a strict umask.
COPY --chmod=755 sample_exports /opt/callback_survey/sample_exports
COPY --from=package /opt/package /opt/venv
USER survey
# What a service writes is the user's alone: the umask of a container is 022.
ENTRYPOINT ["sh", "-c", "umask 077; exec \"$@\"", "--"]
WORKDIR /opt/callback_survey
CMD ["callback-survey", "--help"]
