"""What a terminal too small for anything else gets."""

from __future__ import annotations

from collections.abc import Sequence

from sysmon_tui.model.alert import Severity, State
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.line_panel import LinePanel


class Small(LinePanel):
    """The worst severity and CPU, as far as they fit: still an answer."""

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        worst = max(
            (alert.severity for alert in view.tick.alerts if alert.state is State.FIRING),
            default=Severity.OK,
        )
        mark = view.glyphs.severity(worst)
        text = f"{mark} {worst.word}" if width > 4 else mark
        return [((text[:width], worst.word),), (("too small"[:width], "dim"),)][:height]
