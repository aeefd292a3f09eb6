"""Composes the notifiers of the settings; `assemble` calls it.

Without receivers nothing of `alerts.notify` is even loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sysmon_tui.model.ports import Clock
from sysmon_tui.model.rule import Rule
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Receiver, Settings
from sysmon_tui.storage import open_outbox

if TYPE_CHECKING:
    from sysmon_tui.alerts.notify.deliverer import Lookup
    from sysmon_tui.alerts.notify.dispatcher import Dispatcher, Lane
    from sysmon_tui.alerts.notify.safe import SafeOutbox
    from sysmon_tui.alerts.notify.secret import Locks
    from sysmon_tui.security.vault import Vault


def create_locks(settings: Settings, vault: Vault | None) -> Locks | None:
    """What tells which receivers cannot get their secrets; None where none needs any."""
    if vault is None:
        return None
    from sysmon_tui.alerts.notify.secret import Locks

    return Locks(settings.notify.to, vault)


def create_dispatcher(
    settings: Settings,
    dirs: Dirs,
    writer: Writer,
    *,
    clock: Clock,
    host: str,
    rules: Iterable[Rule],
    vault: Vault | None = None,
    locks: Locks | None = None,
) -> Dispatcher | None:
    """Not yet running; None where nobody is to be told.

    Who judges and what is silenced is asked of `writer` and its ledger; silences made in an
    Alertmanager are handed to it, on the dispatcher's thread.
    """
    if not settings.notify.to:
        return None
    from sysmon_tui.alerts.notify.deliverer import no_vault
    from sysmon_tui.alerts.notify.dispatcher import Dispatcher
    from sysmon_tui.alerts.notify.safe import SafeOutbox

    outbox = SafeOutbox(
        open_outbox(settings.storage.url, state=dirs.state),
        open_outbox("memory:", state=dirs.state),
    )
    lookup = vault.get if vault is not None else no_vault
    callers = {rule.name: rule.notify for rule in rules if rule.notify}

    def lane(receiver: Receiver) -> Lane:
        if receiver.kind == "alertmanager":
            return _mirror(receiver, callers, clock, host, writer, lookup)
        return _post(receiver, settings, callers, clock, host, outbox, lookup)

    return Dispatcher(
        [lane(receiver) for receiver in settings.notify.to],
        judges=writer.judges,
        alerts=writer.ledger.load,
        kept=lambda: (*outbox.problems, *(locks.problems if locks is not None else ())),
    )


def _post(
    receiver: Receiver,
    settings: Settings,
    callers: dict[str, tuple[str, ...]],
    clock: Clock,
    host: str,
    outbox: SafeOutbox,
    lookup: Lookup,
) -> Lane:
    from sysmon_tui.alerts.notify.chain import Audience, Chain
    from sysmon_tui.alerts.notify.deliverer import create_deliverer
    from sysmon_tui.alerts.notify.post import Post

    audience = Audience(receiver, callers)
    chain = Chain(receiver, settings.notify, audience, host=host, new_id=_new_id)
    return Post(receiver.name, chain, outbox, create_deliverer(receiver, lookup), clock)


def _mirror(
    receiver: Receiver,
    callers: dict[str, tuple[str, ...]],
    clock: Clock,
    host: str,
    writer: Writer,
    lookup: Lookup,
) -> Lane:
    from sysmon_tui.alerts.notify.alertmanager import Alertmanager
    from sysmon_tui.alerts.notify.chain import Audience
    from sysmon_tui.alerts.notify.mirror import Mirror

    return Mirror(
        receiver.name,
        Audience(receiver, callers),
        Alertmanager(receiver, lookup),
        clock,
        host=host,
        silences=writer.ledger.silences,
        silenced=writer.silence,
    )


def _new_id() -> str:
    from uuid import uuid4

    return uuid4().hex
