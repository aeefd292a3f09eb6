"""Against a real Alertmanager: alerts arrive and end, silences go both ways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any
from urllib.request import Request, urlopen

import pytest

from sysmon_tui.alerts.notify.alertmanager import Alertmanager
from sysmon_tui.alerts.notify.chain import Audience
from sysmon_tui.alerts.notify.deliverer import DeliveryError
from sysmon_tui.alerts.notify.http import Answer
from sysmon_tui.alerts.notify.mirror import POLL, RESEND, Mirror
from sysmon_tui.alerts.notify.payload import stamp
from sysmon_tui.alerts.notify.silences import theirs
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, Shelf
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from sysmon_tui.settings.schema import Receiver
from tests.alerts.notify.alertmanager_server import needed, running
from tests.alerts.notify.lives import ANN, AT, alert, fires, resolves, taken
from tests.clock import ManualClock

pytestmark = needed


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("alertmanager")) as started:
        yield started


class Side:
    """Our side of it, with the hours of the server."""

    def __init__(self, url: str, host: str, *known: Silence) -> None:
        self.url = url
        self.host = host
        self.clock = ManualClock(wall=time())
        self.heard: list[Silence] = []
        receiver = Receiver(name="am", kind="alertmanager", url=url)
        self.mirror = Mirror(
            "am",
            Audience(receiver, {}),
            Alertmanager(receiver),
            self.clock,
            host=host,
            silenced=self.heard.append,
            silences=lambda: known,
            jitter=lambda: 0.0,
        )

    async def take(self, *events: AlertEvent) -> None:
        self.mirror.take(events)
        await self.turn()

    async def turn(self) -> None:
        await self.mirror.turn()
        assert self.mirror.problems == ()

    def get(self, what: str) -> list[dict[str, Any]]:
        with urlopen(f"{self.url}/api/v2/{what}") as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return [item for item in self.get("alerts") if item["labels"]["instance"] == self.host]

    @property
    def silences(self) -> list[dict[str, Any]]:
        return [
            item
            for item in self.get("silences")
            if any(matcher["value"] == self.host for matcher in item["matchers"])
            and item["status"]["state"] == "active"
        ]

    def silence(self, *matchers: tuple[str, str, bool, bool], comment: str = "work") -> str:
        body = {
            "matchers": [
                {"name": name, "value": value, "isRegex": regex, "isEqual": equal}
                for name, value, regex, equal in matchers
            ],
            "startsAt": stamp(time() - 1.0),
            "endsAt": stamp(time() + 3600.0),
            "createdBy": "bob",
            "comment": comment,
        }
        request = Request(
            f"{self.url}/api/v2/silences",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request) as answer:
            made: str = json.load(answer)["silenceID"]
        return made

    def expire(self, name: str) -> None:
        with urlopen(Request(f"{self.url}/api/v2/silence/{name}", method="DELETE")):
            pass


@pytest.fixture
async def side(url: str, request: pytest.FixtureRequest) -> Side:
    made = Side(url, f"host of {request.node.name}")
    made.mirror.resume(())
    await made.turn()
    return made


def present(side: Side, severity: Severity = Severity.WARNING) -> Alert:
    return alert(severity=severity, at=side.clock.wall())


async def test_an_alert_arrives_lives_on_and_ends(side: Side) -> None:
    firing = present(side)
    await side.take(fires(firing))
    (there,) = side.alerts
    assert there["labels"] == {
        "alertname": "FilesystemFull",
        "severity": "warning",
        "instance": side.host,
        "mountpoint": "/srv",
    }
    assert there["annotations"]["summary"] == "93% used"
    assert there["status"]["state"] in ("active", "unprocessed")
    before = there["endsAt"]
    side.clock.advance(RESEND)
    await side.turn()
    assert side.alerts[0]["endsAt"] > before
    await side.take(resolves(firing, time()))
    assert side.alerts == []


async def test_a_worse_one_takes_the_place_of_the_milder(side: Side) -> None:
    firing = present(side)
    await side.take(fires(firing))
    side.clock.advance(0.1)
    worse = replace(firing, severity=Severity.CRITICAL)
    await side.take(AlertEvent(time() - 0.01, "worse", worse))
    assert [there["labels"]["severity"] for there in side.alerts] == ["critical"]


async def test_taking_it_silences_it_there_and_giving_it_back_ends_that(side: Side) -> None:
    firing = present(side)
    await side.take(fires(firing))
    ack = taken(firing, side.clock.wall())
    await side.take(ack)
    (silence,) = side.silences
    assert silence["createdBy"] == "ann"
    assert silence["comment"].startswith("mine [sysmon-tui ")
    assert {matcher["name"]: matcher["value"] for matcher in silence["matchers"]} == {
        "alertname": "FilesystemFull",
        "instance": side.host,
        "mountpoint": "/srv",
    }
    assert side.alerts[0]["status"]["silencedBy"] == [silence["id"]]
    assert side.heard == []
    side.clock.advance(POLL)
    await side.turn()
    assert len(side.silences) == 1
    await side.take(AlertEvent(time(), "unacknowledged", firing, ANN))
    assert side.silences == []


async def test_its_end_ends_the_silence_too(side: Side) -> None:
    firing = present(side)
    await side.take(fires(firing), taken(firing, side.clock.wall()))
    assert len(side.silences) == 1
    await side.take(resolves(firing, time()))
    assert side.silences == []


async def test_a_silence_somebody_ended_there_is_not_made_again(side: Side, url: str) -> None:
    firing = present(side)
    ack = taken(firing, side.clock.wall())
    await side.take(fires(firing), ack)
    side.expire(side.silences[0]["id"])
    side.clock.advance(POLL)
    await side.turn()
    again = Side(url, side.host)
    again.mirror.resume([ack.alert])
    await again.turn()
    assert side.silences == []
    assert again.heard == []


async def test_a_silence_made_there_shows_here_and_ends_here(side: Side) -> None:
    other = side.silence(("instance", "another", False, True))
    name = side.silence(
        ("alertname", "Filesystem.*", True, True),
        ("instance", side.host, False, True),
        ("mountpoint", "/tmp", False, False),
    )
    side.clock.advance(POLL)
    await side.turn()
    heard = {silence.id: silence for silence in side.heard}
    assert other not in heard
    silence = heard[name]
    assert (silence.by, silence.note, silence.origin) == ("bob", "work", "alertmanager")
    assert silence.matchers == (
        Matcher("alertname", MatchOp.LIKE, "Filesystem.*"),
        Matcher("mountpoint", MatchOp.NOT_EQUAL, "/tmp"),
    )
    assert silence.covers(present(side), time())
    side.heard.clear()
    side.clock.advance(POLL)
    await side.turn()
    assert name not in {silence.id for silence in side.heard}
    side.expire(name)
    side.clock.advance(POLL)
    await side.turn()
    (over,) = [silence for silence in side.heard if silence.id == name]
    assert over.until == side.clock.wall()
    assert not over.covers(present(side), side.clock.wall())


async def test_what_ended_there_while_we_were_away_ends_here(url: str, side: Side) -> None:
    name = side.silence(("instance", side.host, False, True))
    side.clock.advance(POLL)
    await side.turn()
    (known,) = [silence for silence in side.heard if silence.id == name]
    assert known.covers(present(side), time())
    side.expire(name)
    again = Side(url, side.host, known, replace(known, id="own", origin=""))
    again.mirror.resume(())
    await again.turn()
    assert [silence.id for silence in again.heard if silence.until <= again.clock.wall()] == [name]


async def test_another_run_sends_what_fires_and_silences_what_is_shelved(side: Side) -> None:
    firing = present(side)
    now = side.clock.wall()
    shelved = replace(
        firing, shelf=Shelf(ANN, now, now + 600.0, clean("later")), muted=clean("shelved")
    )
    quiet = replace(alert("Quiet", at=now), muted=clean("inhibited"))
    side.mirror.resume([shelved, quiet, resolves(alert("Over")).alert])
    await side.turn()
    assert [there["labels"]["alertname"] for there in side.alerts] == ["FilesystemFull"]
    assert side.silences[0]["comment"].startswith("later [sysmon-tui")


async def test_what_is_muted_or_of_no_concern_is_not_sent(side: Side) -> None:
    muted = replace(present(side), muted=clean("a silence"))
    await side.take(fires(muted), fires(present(side, Severity.INFO)), resolves(present(side)))
    assert side.alerts == []


async def test_an_outage_is_told_and_made_up_for(url: str, tmp_path: Path) -> None:
    with running(tmp_path / "own") as own:
        side = Side(own, "web1")
        side.mirror.resume(())
        await side.turn()
    side.mirror.take([fires(present(side))])
    assert await side.mirror.turn() == 5.0
    (problem,) = side.mirror.problems
    assert problem.startswith("Notifier am fails: cannot connect")
    side.mirror.take([fires(replace(present(side), value=0.99))])
    assert await side.mirror.turn() == 5.0
    side.clock.advance(5.0)
    assert await side.mirror.turn() == 10.0
    side.url = url
    side.mirror._api = Alertmanager(Receiver(name="am", kind="alertmanager", url=url))
    side.clock.advance(10.0)
    await side.turn()
    assert len(side.alerts) == 1
    side.mirror.suspend()
    assert await side.mirror.turn() == float("inf")


async def test_a_thousand_and_one_alerts_arrive(side: Side) -> None:
    many = [alert("Many", at=side.clock.wall(), mountpoint=f"/{n}") for n in range(1001)]
    await side.take(*map(fires, many))
    assert len(side.alerts) == 1001


async def test_deleting_what_is_gone_is_fine_and_other_errors_are_told(url: str) -> None:
    api = Alertmanager(Receiver(name="am", kind="alertmanager", url=url + "/"))
    await api.delete_silence("00000000-0000-0000-0000-000000000000")
    with pytest.raises(DeliveryError, match="HTTP 422") as caught:
        await api.create_silence({"matchers": []})
    assert not caught.value.retry
    wrong = Alertmanager(Receiver(name="am", kind="alertmanager", url=f"{url}/elsewhere"))
    with pytest.raises(DeliveryError, match=r"does not answer as an Alertmanager|HTTP 404"):
        await wrong.silences()


@pytest.mark.parametrize(
    "silence",
    [
        {},
        {"matchers": []},
        {"matchers": [{"name": "a"}]},
        {"matchers": 3},
        {
            "id": "x",
            "matchers": [{"name": "a", "value": "b", "isRegex": False}],
            "startsAt": "soon",
            "endsAt": "late",
        },
    ],
)
def test_a_silence_that_cannot_be_read_is_passed_over(silence: dict[str, Any]) -> None:
    assert theirs(silence, "web1") is None


def test_a_silence_of_the_whole_host_covers_each_of_its_alerts() -> None:
    silence = theirs(
        {
            "id": "x",
            "matchers": [{"name": "instance", "value": "web.*", "isRegex": True}],
            "startsAt": "2023-11-14T00:00:00.000Z",
            "endsAt": "2023-11-15T00:00:00.000Z",
        },
        "web1",
    )
    assert silence is not None
    assert silence.covers(alert(), AT)


@pytest.mark.parametrize("answer", [b"<html>", b"{}"])
async def test_what_is_no_alertmanager_is_told(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def call(*_arguments: Any, **_named: Any) -> Answer:
        return Answer(200, answer)

    monkeypatch.setattr("sysmon_tui.alerts.notify.alertmanager.call", call)
    with pytest.raises(DeliveryError, match="does not answer as an Alertmanager"):
        await Alertmanager(Receiver(name="am", kind="alertmanager", url="http://x")).silences()
