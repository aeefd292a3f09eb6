"""Where each panel goes at a given size: a pure function, so that every size can be tested.

The order of sacrifice when space shrinks: charts, then sensors and interfaces, then cores, then
alerts down to one line. The verdict, the gauges and the busiest processes always stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

MINIMUM = (20, 5)
"""Columns and rows below which only a note fits."""


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Wants:
    """What the contents ask for; changes seldom, so the layout is seldom made anew."""

    alerts: int = 0
    """Rows the alert log could fill."""
    cores: int = 1
    disks: int = 1
    filesystems: int = 1
    interfaces: int = 1
    sensors: int = 0
    detail: bool = False
    """The detail pane of a process is open."""
    expanded: str = ""
    """The panel that has the whole body to itself."""


Plan = Mapping[str, Box]

PAGES: Mapping[str, tuple[str, ...]] = {
    "processes": ("processes",),
    "alerts": ("alerts", "timeline"),
    "storage": ("disks", "filesystems"),
    "network": ("network", "sensors"),
    "cores": ("cores", "gauges"),
    "history": ("history",),
    "internals": ("internals",),
}
"""The panels of each page, top to bottom; any other panel can be expanded by its name."""


def plan(width: int, height: int, wants: Wants) -> Plan:
    """Boxes by panel name; a panel that is not named is not shown."""
    if width < MINIMUM[0] or height < MINIMUM[1]:
        return {"small": Box(0, 0, width, height)}
    boxes = {
        "header": Box(0, 0, width, 1),
        "verdict": Box(0, 1, width, 1),
        "footer": Box(0, height - 1, width, 1),
    }
    body = Box(0, 2, width, height - 3)
    return boxes | _body(body, wants)


def _body(body: Box, wants: Wants) -> dict[str, Box]:
    if wants.expanded:
        return _page(body, wants)
    if body.width < 60 or body.height < 14:
        return _tiny(body, wants)
    if body.width < 110 or body.height < 30:
        return _small(body, wants)
    return _wide(body, wants)


def _page(body: Box, wants: Wants) -> dict[str, Box]:
    if wants.expanded == "alerts":
        return _alert_page(body)
    names = PAGES.get(wants.expanded, (wants.expanded,))
    share = body.height // len(names)
    boxes: dict[str, Box] = {}
    top = body.y
    for index, name in enumerate(names):
        rows = share if index < len(names) - 1 else body.y + body.height - top
        boxes[name] = Box(body.x, top, body.width, rows)
        top += rows
    return _split_detail(boxes, wants)


def _alert_page(body: Box) -> dict[str, Box]:
    """The log, and the timeline beside it where both can be read, else below it."""
    if body.width >= 160:
        width = body.width * 2 // 5
        return {
            "alerts": body._replace(width=body.width - width),
            "timeline": body._replace(x=body.x + body.width - width, width=width),
        }
    if body.height < 16:
        return {"alerts": body}
    rows = body.height // 3
    return {
        "alerts": body._replace(height=body.height - rows),
        "timeline": body._replace(y=body.y + body.height - rows, height=rows),
    }


def _tiny(body: Box, wants: Wants) -> dict[str, Box]:
    gauges = min(10, max(3, body.height // 3)) if body.width < 60 else min(6, body.height // 3)
    boxes = {"gauges": Box(0, body.y, body.width, gauges)}
    rest = body.height - gauges
    alerts = min(wants.alerts + 1, 3) if wants.alerts and rest > 6 else 0
    return _split_detail(boxes | _lower(body, gauges, alerts), wants)


def _small(body: Box, wants: Wants) -> dict[str, Box]:
    """80x24 and its like: gauges in two columns, processes, alerts below them."""
    boxes = {"gauges": Box(0, body.y, body.width, 6)}
    used = 6
    if body.height >= 28:
        boxes["history"] = Box(0, body.y + used, body.width, 7)
        used += 7
    alerts = min(max(wants.alerts, 1), 4 if body.height >= 20 else 3) + 1
    return _split_detail(boxes | _lower(body, used, alerts), wants)


def _lower(body: Box, used: int, alerts: int) -> dict[str, Box]:
    rows = body.height - used - alerts
    boxes = {"processes": Box(0, body.y + used, body.width, rows)}
    if alerts:
        boxes["alerts"] = Box(0, body.y + used + rows, body.width, alerts)
    return boxes


def _wide(body: Box, wants: Wants) -> dict[str, Box]:
    """120x40 and more: gauges and cores, charts and storage, alerts, processes."""
    left = body.width * 3 // 5
    if body.width >= 180:
        left = body.width // 2
    right = body.width - left
    upper = 12
    middle = 10 if body.height < 50 else 15
    boxes = {
        "gauges": Box(0, body.y, left, upper),
        "cores": Box(left, body.y, right, _cores_rows(wants, right, upper)),
    }
    side_top = body.y + boxes["cores"].height
    boxes |= _side(Box(left, side_top, right, body.y + upper + middle - side_top), wants)
    boxes["history"] = Box(0, body.y + upper, left, middle)
    lower = Box(0, body.y + upper + middle, body.width, body.height - upper - middle)
    alerts = 2 + min(max(wants.alerts, 1), max(1, lower.height // 3 - 2))
    if body.width >= 180:
        half = body.width * 2 // 5
        boxes["alerts"] = Box(body.width - half, lower.y, half, lower.height)
        boxes["processes"] = Box(0, lower.y, body.width - half, lower.height)
    else:
        boxes["alerts"] = Box(0, lower.y, body.width, alerts)
        boxes["processes"] = Box(0, lower.y + alerts, body.width, lower.height - alerts)
    return _split_detail(boxes, wants)


def _cores_rows(wants: Wants, width: int, limit: int) -> int:
    """Rows with the frame: as many as the cores need in columns of 22, not more than `limit`."""
    columns = max(1, (width - 2) // 22)
    return min(limit, max(3, -(-wants.cores // columns) + 2))


def _side(side: Box, wants: Wants) -> dict[str, Box]:
    """Disks, filesystems, interfaces and sensors share a column by what they have to show."""
    asked = {
        "disks": wants.disks,
        "filesystems": wants.filesystems,
        "network": wants.interfaces,
        "sensors": wants.sensors,
    }
    panels = [name for name, rows in asked.items() if rows]
    heights = dict.fromkeys(panels, 4)
    while panels and sum(heights.values()) > side.height:
        heights.pop(panels.pop())
    spare = side.height - sum(heights.values())
    while spare > 0 and (open_ := [name for name in panels if heights[name] < asked[name] + 3]):
        for name in open_[:spare]:
            heights[name] += 1
            spare -= 1
    boxes: dict[str, Box] = {}
    top = side.y
    for index, name in enumerate(panels):
        rows = heights[name] + (spare if index == len(panels) - 1 else 0)
        boxes[name] = Box(side.x, top, side.width, rows)
        top += rows
    return boxes


def _split_detail(boxes: dict[str, Box], wants: Wants) -> dict[str, Box]:
    table = boxes.get("processes")
    if not wants.detail or table is None:
        return boxes
    if table.width < 110:
        del boxes["processes"]
        boxes["detail"] = table
        return boxes
    width = table.width * 2 // 5
    boxes["processes"] = table._replace(width=table.width - width)
    boxes["detail"] = table._replace(x=table.x + table.width - width, width=width)
    return boxes
