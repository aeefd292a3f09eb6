"""Looking back into a history file, from any thread and beside its writer.

Charts are answered from rollups of the coarsest tier that will do; where that has nothing yet (or
no longer), from the next finer one, and so down to what was recorded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sysmon_tui.model.curve import Curve
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.moment import HORIZON, Moment
from sysmon_tui.model.ports import Derive, Metrics
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Matcher
from sysmon_tui.storage.cache import ChunkCache
from sysmon_tui.storage.database import is_damage, open_for_reading, store_error
from sysmon_tui.storage.derived import DerivedCache
from sysmon_tui.storage.gather import Gather, thinned
from sysmon_tui.storage.roller import TIERS
from sysmon_tui.storage.sqlite_form import FORM
from sysmon_tui.storage.sqlite_read import Reader
from sysmon_tui.storage.sqlite_rollup import as_labels
from sysmon_tui.storage.sqlite_series import Stitch, wanted
from sysmon_tui.storage.sqlite_tables import Tables


def pass_over(_whole_file: bool) -> None:
    """Damage is for the one that records to deal with."""


class SqlitePast:
    def __init__(
        self, path: Path, derive: Derive, damaged: Callable[[bool], None] = pass_over
    ) -> None:
        """`damaged` is told of every blob left out (false) and of a broken file (true)."""
        self._path = path
        self._derive = derive
        self._damaged = damaged
        self._cache = ChunkCache()
        self._derived = DerivedCache()

    def read(
        self,
        start: float,
        end: float,
        *,
        collectors: frozenset[str],
        step: float = 0.0,
        metrics: Metrics = None,
    ) -> Iterator[Batch]:
        with self._reading() as db:
            if db is not None:
                yield from self._reader(db).batches(start, end, collectors, step, metrics)

    def known(self, start: float, end: float) -> tuple[SeriesKey, ...]:
        with self._reading() as db:
            if db is None:
                return ()
            rolled = db.execute(
                "SELECT name, labels FROM series WHERE EXISTS (SELECT 1 FROM rollup"
                " WHERE rollup.band = series.band AND t1 > ? AND t0 < ?)",
                (start, end),
            ).fetchall()
            found = {
                SeriesKey(name, known)
                for name, labels in rolled
                if (known := as_labels(labels)) is not None
            }
            return tuple(sorted(found.union(self._reader(db).known(start, end))))

    def series(
        self,
        name: str,
        start: float,
        end: float,
        buckets: int,
        *,
        matchers: Sequence[Matcher] = (),
    ) -> Mapping[SeriesKey, Curve]:
        with self._reading() as db:
            if db is None:
                return {}
            return self._curves(db, Gather(name, matchers, start, end, buckets), start, end)

    def several(
        self, names: Collection[str], start: float, end: float, buckets: int
    ) -> Mapping[str, Mapping[SeriesKey, Curve]]:
        with self._reading() as db:
            if db is None:
                return {name: {} for name in names}
            return {
                name: self._curves(db, Gather(name, (), start, end, buckets), start, end)
                for name in names
            }

    def _curves(
        self, db: sqlite3.Connection, gather: Gather, start: float, end: float
    ) -> Mapping[SeriesKey, Curve]:
        tier = max((n for n, width in enumerate(TIERS) if width <= gather.step), default=-1)
        stitch = Stitch(db, self._reader(db), gather, self._derive, self._derived)
        for of in wanted(db, gather):
            stitch.fill(of, tier, start, end)
        return gather.found()

    def moment(self, at: float) -> Moment:
        since = at - HORIZON
        with self._reading() as db:
            if db is None:
                return Moment(at=at)
            batches = tuple(self._reader(db).newest(at, since))
            found = Tables(db, self._damaged).newest(at, since)
        if found is None:
            return Moment(at=at, batches=batches)
        return Moment(at=at, batches=batches, processes=found[1], processes_at=found[0])

    def processes(
        self, start: float, end: float, *, step: float = 0.0
    ) -> Iterator[tuple[float, ProcessTable]]:
        with self._reading() as db:
            if db is not None:
                yield from thinned(Tables(db, self._damaged).between(start, end), step)

    def _reader(self, db: sqlite3.Connection) -> Reader:
        return Reader(db, self._cache, self._damaged)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection; None where nothing was recorded yet."""
        if not self._path.exists():
            yield None
            return
        try:
            db = open_for_reading(self._path)
            try:
                yield db if _complete(db) else None
            finally:
                db.close()
        except sqlite3.Error as error:
            if is_damage(error):
                self._damaged(True)
            raise store_error(error, self._path) from None


def _complete(db: sqlite3.Connection) -> bool:
    """Whether there is anything in the file; what an older version's lacks is there, but empty."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for step in FORM.migrations[version:] if version else ():
        for statement in step:
            if statement.startswith("CREATE TABLE"):
                db.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    return bool(version)
