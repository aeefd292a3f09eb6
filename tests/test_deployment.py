"""What is deployed starts what there is: the unit, the compose file and the image agree with us."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sysmon_tui import cli

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "deployment" / "systemd" / "sysmon-tui.service"
COMPOSE = ROOT / "deployment" / "docker-compose.yml"
PINNED = ROOT / "deployment" / "requirements.txt"


def unit(section: str) -> Mapping[str, list[str]]:
    """Assignments of one section; systemd lets most be made more than once."""
    lines = UNIT.read_text().partition(f"[{section}]\n")[2].partition("\n[")[0].splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        name, given, value = line.partition("=")
        if given and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def service() -> dict[str, Any]:
    composed = yaml.safe_load(COMPOSE.read_text())
    described: dict[str, Any] = composed["services"]["record"]
    return described


def assert_command(words: list[str]) -> None:
    """Each word is a command or an option we have; nothing is run."""
    with click.Context(cli.main) as context:
        command = cli.main.get_command(context, words[0])
        assert command is not None
        command.make_context(words[0], words[1:], parent=context)


def test_the_unit_starts_a_command_there_is() -> None:
    program, *words = shlex.split(unit("Service")["ExecStart"][0])
    assert Path(program).name == "sysmon-tui"
    assert_command(words)


def test_the_unit_lets_nothing_be_changed() -> None:
    service = unit("Service")
    assert service["Type"] == ["notify"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["ProtectHome"] == ["read-only"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["CapabilityBoundingSet"] == ["CAP_SYS_PTRACE"]
    # The state directory it may write is the one it is told of.
    (state,) = service["StateDirectory"]
    assert f"SYSMON_TUI_STATE_DIR=/var/lib/{state}" in service["Environment"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    there = tmp_path / UNIT.name
    there.write_text(UNIT.read_text().replace("/opt/sysmon-tui/bin/sysmon-tui", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", there],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_containers_start_and_ask_for_commands_there_are() -> None:
    described = service()
    assert_command(described["command"])
    _, program, *words = described["healthcheck"]["test"]
    assert program == "sysmon-tui"
    assert_command(words)


def test_the_containers_may_change_nothing() -> None:
    described = service()
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert "/:/host:ro" in described["volumes"]


def test_the_image_and_the_containers_agree_where_history_is() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "SYSMON_TUI_STATE_DIR=/var/lib/sysmon-tui" in dockerfile
    assert "VOLUME /var/lib/sysmon-tui" in dockerfile
    assert "state:/var/lib/sysmon-tui" in service()["volumes"]


def test_the_image_holds_what_we_depend_on_by_its_hashes() -> None:
    logical = PINNED.read_text().replace("\\\n", " ").splitlines()
    pins = [line.split("#")[0] for line in logical if line[:1].isalnum()]
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    held = {
        canonicalize_name(pinned.name): str(pinned.specifier).removeprefix("==")
        for pinned in (Requirement(pin.partition(" --hash")[0]) for pin in pins)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, project["dependencies"]):
        assert wanted.specifier.contains(held[canonicalize_name(wanted.name)]), wanted
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "pip install --require-hashes --requirement requirements.txt" in dockerfile
    assert "pip install --no-deps ." in dockerfile
