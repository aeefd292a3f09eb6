"""Which processes are kept, and who began and ended."""

from __future__ import annotations

from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage.thin import BUSIEST, EVERY, LIVES, Thinner

ROW = ProcessRow(1, 1.0, 0, 0, SafeText("x"), "S", 0.0, 0.0, 0, 1, 0, False)


def table(*rows: ProcessRow, **details: ProcessDetail) -> ProcessTable:
    return ProcessTable(rows=rows, details={int(pid[1:]): one for pid, one in details.items()})


def kept(thinner: Thinner, at: float, of: ProcessTable | None) -> ProcessTable | None:
    batch = Batch(collector="process", wall=at, mono=at, processes=of)
    return thinner.thin(batch).processes


def test_a_batch_without_a_table_stays_as_it_is() -> None:
    assert kept(Thinner(), 0.0, None) is None


def test_the_busiest_of_each_order_are_kept() -> None:
    rows = [ROW._replace(pid=pid, cpu=pid / 1000) for pid in range(1, 500)]
    rows += [ROW._replace(pid=pid, rss=pid) for pid in range(500, 1000)]
    details = {f"p{pid}": ProcessDetail(SafeText("c"), SafeText("u"), 1.0, pid) for pid in (3, 501)}
    found = kept(Thinner(), 0.0, table(*rows, **details))
    assert found is not None
    pids = [row.pid for row in found.rows]
    assert pids == sorted(pids)
    assert set(range(500 - BUSIEST, 500)) | set(range(1000 - BUSIEST, 1000)) | {3, 501} <= set(pids)
    assert len(pids) <= 3 * BUSIEST
    assert set(found.details) == {3, 501}


def test_who_came_and_went_between_two_kept_tables_is_in_the_later_one() -> None:
    thinner = Thinner()
    detail = ProcessDetail(SafeText("ls -l"), SafeText("alice"), cgroup=SafeText("cron"))
    short = ROW._replace(pid=7)
    assert kept(thinner, 0.0, table(ROW)) == table(ROW)
    assert kept(thinner, 1.0, table(ROW, short, p7=detail)) is None
    assert kept(thinner, 2.0, table(ROW)) is None
    found = kept(thinner, EVERY, table(ROW))
    assert found is not None
    assert [(life.at, life.began, life.row.pid) for life in found.lives] == [
        (1.0, True, 7),
        (2.0, False, 7),
    ]
    assert {life[3:] for life in found.lives} == {("ls -l", "alice", "cron")}
    later = kept(thinner, 2 * EVERY, table(ROW))
    assert later is not None
    assert later.lives == ()


def test_a_fork_bomb_does_not_fill_memory() -> None:
    thinner = Thinner()
    kept(thinner, 0.0, table(ROW))
    bomb = [ROW._replace(pid=pid) for pid in range(2, 3 * LIVES)]
    found = kept(thinner, EVERY, table(ROW, *bomb))
    assert found is not None
    assert len(found.lives) == LIVES
