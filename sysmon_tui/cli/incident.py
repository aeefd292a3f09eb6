"""`sysmon-tui incident`: begin and end an incident from a script or a second shell."""

from __future__ import annotations

import time

import click

from sysmon_tui.cli.options import actor_option
from sysmon_tui.cli.output import answer, json_option, say
from sysmon_tui.cli.places import places

_ANONYMOUS = click.option(
    "--anonymous", is_flag=True, help="Leave out the names of the machine and of people."
)


@click.group("incident")
@places
def command() -> None:
    """The time in which people deal with trouble: begin it, end it, have a report of it.

    An incident is known to every program that shares the state directory, survives a restart and
    ends by itself after four hours. At its end a report and a file that `sysmon-tui replay` opens
    anywhere are written to the directory `incidents` there.
    """


@command.command("start")
@click.argument("why", default="")
@actor_option
@places
def start(why: str, name: str) -> None:
    """Begin an incident now; WHY is what is known of it."""
    from sysmon_tui.cli.incident_read import desk, who

    incident = desk().incidents.begin(who(name), why, time.time())
    say(f"incident {incident.name} begun by {incident.by}")


@command.command("stop")
@click.option("--note", default="", metavar="TEXT", help="How it ended, for the report.")
@actor_option
@_ANONYMOUS
@places
def stop(note: str, name: str, anonymous: bool) -> None:
    """End the incident, and write its report and its file."""
    from sysmon_tui.cli.incident_read import desk, who
    from sysmon_tui.model.errors import SysmonError

    here = desk()
    ended = here.incidents.end(who(name), note, time.time())
    if ended is None:
        raise SysmonError("no incident goes on", "Begin one: sysmon-tui incident start")
    for path in here.write(ended, time.time(), anonymous=anonymous):
        say(str(path))


@command.command("list")
@json_option
@places
def list_incidents(as_json: bool) -> None:
    """Print the incident that goes on and those that were, newest first."""
    from sysmon_tui.cli.incident_read import as_object, desk, table

    found = desk().known()
    answer([as_object(one) for one in found], table(found, time.time()), as_json=as_json)


@command.command("report")
@click.argument("name", default="")
@click.option("--write", is_flag=True, help="Write report and file anew instead of printing.")
@_ANONYMOUS
@places
def report(name: str, write: bool, anonymous: bool) -> None:
    """Print the report of an incident as Markdown: the newest, or the one of that NAME."""
    from sysmon_tui.cli.incident_read import desk

    here = desk()
    incident = here.named(name)
    if write:
        for path in here.write(incident, time.time(), anonymous=anonymous):
            say(str(path))
    else:
        say(here.report(incident, time.time(), anonymous=anonymous).rstrip("\n"))
