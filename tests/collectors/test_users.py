from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors import users
from sysmon_tui.collectors.users import UserNames


def test_a_name_is_looked_up_and_an_unknown_id_stays_a_number(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("root:x:0:0:r:/root:/bin/sh\ntoor:x:0:0::/:\nann\x1b:x:1000:1000:::\n")
    names = UserNames(passwd)
    assert names.name(0) == "0"
    names.refresh()
    assert (names.name(0), names.name(1000), names.name(77)) == ("root", "ann␛", "77")


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_bytes(b"\n+::::\n:x:5:\na:x\nb:x:-1:\nc:x:" + b"9" * 30 + b":\nd:x:4:\n")
    names = UserNames(passwd)
    names.refresh()
    assert (names.name(4), names.name(5)) == ("d", "5")


def test_the_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("ann:x:7:\n")
    names = UserNames(passwd)
    names.refresh()
    stamp = passwd.stat().st_mtime_ns
    passwd.write_text("bob:x:7:\n")
    os.utime(passwd, ns=(stamp, stamp))
    names.refresh()
    assert names.name(7) == "ann", "same inode, time and size: not read"
    os.utime(passwd, ns=(stamp, stamp + 1))
    names.refresh()
    assert names.name(7) == "bob"
    passwd.unlink()
    names.refresh()
    assert names.name(7) == "bob", "a missing file takes no names away"


def test_an_id_that_gets_a_name_is_shown_with_it(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("")
    names = UserNames(passwd)
    names.refresh()
    assert names.name(7) == "7"
    passwd.write_text("ann:x:7:\n")
    names.refresh()
    assert names.name(7) == "ann"


@given(st.binary(max_size=200))
def test_garbage_is_passed_over(text: bytes) -> None:
    users._parse(text)
