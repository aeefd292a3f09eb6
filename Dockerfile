# `docker run -it --rm sysmon-tui` shows the container; to see the host from inside:
#   docker run -it --rm --pid=host --network=host -v /:/host:ro \
#     -e HOST_PROC=/host/proc -e HOST_SYS=/host/sys -e HOST_ROOT=/host sysmon-tui
# Headless, for as long as the container runs: `docker run -d sysmon-tui record`.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
# Apart from our code, which changes more often than what it stands on.
COPY deployment/requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /opt/sysmon-tui \
 && /opt/sysmon-tui/bin/pip install --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY sysmon_tui ./sysmon_tui
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/sysmon-tui/bin/pip install --no-deps . \
 && /opt/sysmon-tui/bin/pip uninstall --yes pip \
 # Without bytecode every start would compile Textual anew: the image is read-only at run time.
 && python3 -m compileall -q /opt/sysmon-tui

FROM ${BASE_IMAGE}
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin sysmon
COPY --from=build /opt/sysmon-tui /opt/sysmon-tui
ENV PATH=/opt/sysmon-tui/bin:$PATH \
    LANG=C.UTF-8 \
    TERM=xterm-256color \
    SYSMON_TUI_CONFIG_DIR=/etc/sysmon-tui \
    SYSMON_TUI_STATE_DIR=/var/lib/sysmon-tui
RUN install --directory --owner=sysmon --mode=0700 /var/lib/sysmon-tui \
 && install --directory --mode=0755 /etc/sysmon-tui
USER 10001:10001
VOLUME /var/lib/sysmon-tui
STOPSIGNAL SIGTERM
# For `record` there is `sysmon-tui health` (see deployment/docker-compose.yml). The image alone
# starts the screen, and whether that is well the one who looks at it can see.
HEALTHCHECK NONE
ENTRYPOINT ["sysmon-tui"]
