"""What a beat of the alert engine costs: `python tests/benchmarks/bench_alerts.py`."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterable

from sysmon_tui.alerts.engine import Engine
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import Alert, AlertEvent, Severity
from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.silence import Silence

WALL = 1_700_000_000.0


class NoLedger:
    def load(self) -> tuple[Alert, ...]:
        return ()

    def record(self, events: Iterable[AlertEvent]) -> None:
        pass

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        return ()

    def silences(self) -> tuple[Silence, ...]:
        return ()

    def keep_silence(self, silence: Silence) -> None:
        pass

    def stamp(self) -> object:
        return None


def quiet_machine(seed: random.Random) -> dict[str, dict[Labels, float]]:
    """The families of an ordinary server: some hundred series, about sixty of them watched."""
    share = seed.random
    mounts = [labels(device=f"/dev/sd{x}", fstype="ext4", mountpoint=f"/m{x}") for x in "abcdefgh"]
    nics = [labels(device=f"eth{x}") for x in range(4)]
    disks = [labels(device=f"sd{x}") for x in "abcdefgh"]
    return {
        "sysmon_cpu_ratio": {
            labels(mode=mode): 0.1 * share()
            for mode in ("busy", "work", "user", "system", "iowait", "steal", "nice", "irq")
        },
        "sysmon_load_per_core": {labels(window=w): share() for w in ("1m", "5m", "15m")},
        "sysmon_pressure_avg_ratio": {
            labels(kind=kind, resource=resource, window=window): 0.01 * share()
            for kind in ("some", "full")
            for resource in ("cpu", "memory", "io")
            for window in ("10s", "60s", "300s")
        },
        "sysmon_memory_available_ratio": {(): 0.5},
        "sysmon_swap_used_ratio": {(): 0.1},
        "sysmon_swap_out_bytes_per_second": {(): 100.0 * share()},
        "node_memory_MemTotal_bytes": {(): 16e9},
        "sysmon_major_faults_per_second": {(): 3.0 * share()},
        "node_vmstat_oom_kill": {(): 0.0},
        "sysmon_filesystem_used_ratio": {mount: 0.5 * share() for mount in mounts},
        "sysmon_filesystem_inodes_used_ratio": dict.fromkeys(mounts, 0.1),
        "node_filesystem_avail_bytes": {mount: 1e11 + 1e6 * share() for mount in mounts},
        "node_filesystem_readonly": dict.fromkeys(mounts, 0.0),
        "node_nf_conntrack_entries": {(): 900.0 * share()},
        "node_nf_conntrack_entries_limit": {(): 262144.0},
        "node_netstat_TcpExt_ListenOverflows": {(): 12.0},
        "sysmon_clock_offset_seconds": {(): 0.001 * share()},
        "node_timex_sync_status": {(): 1.0},
        "node_timex_maxerror_seconds": {(): 0.2},
        "node_boot_time_seconds": {(): WALL - 1e6},
        "node_systemd_service_restart_total": {labels(name=f"s{x}.service"): 0.0 for x in range(5)},
        **{
            f"node_network_{way}_{what}_total": dict.fromkeys(nics, 7.0)
            for way in ("receive", "transmit")
            for what in ("packets", "drop", "errs")
        },
        **{
            f"sysmon_cgroup_{what}": {labels(cgroup=f"c{x}"): size for x in range(10)}
            for what, size in (
                ("memory_usage_bytes", 1e6),
                ("memory_limit_bytes", 1e9),
                ("cpu_periods_total", 1e6),
                ("cpu_throttled_periods_total", 1e3),
            )
        },
        "sysmon_memory_used_ratio": {(): 0.5},
        "sysmon_disk_utilization_ratio": {disk: 0.3 * share() for disk in disks},
        "sysmon_disk_latency_seconds": {disk: 0.01 * share() for disk in disks},
        "sysmon_network_utilization_ratio": {nic: 0.2 * share() for nic in nics},
        "sysmon_network_errors_per_second": dict.fromkeys(nics, 0.0),
        "node_processes_state": {labels(state=s): 1.0 for s in "RSDZTI"},
        "node_processes_threads": {(): 900.0},
        "node_processes_max_processes": {(): 4194304.0},
        "node_filefd_allocated": {(): 5000.0},
        "node_filefd_maximum": {(): 9e18},
        "node_hwmon_temp_celsius": {
            labels(chip="c", sensor=f"temp{x}"): 40.0 + share() for x in range(6)
        },
        "node_hwmon_temp_max_celsius": {labels(chip="c", sensor=f"temp{x}"): 90 for x in range(6)},
        "sysmon_collector_late_intervals": {labels(collector=str(x)): 0.5 for x in range(9)},
    }


def storm(seed: random.Random) -> Families:
    return {"m": {labels(n=str(n)): 1.0 + seed.random() for n in range(10_000)}}


def beats(engine: Engine, figures: list[Families], count: int) -> list[float]:
    """Milliseconds of CPU each beat took."""
    spent = []
    gc.collect()
    for beat in range(count):
        families = figures[beat % len(figures)]
        began = time.thread_time()
        engine.judge(families, WALL + beat, float(beat))
        spent.append(1e3 * (time.thread_time() - began))
    return spent


def report(title: str, spent: list[float]) -> None:
    ordered = sorted(spent[2:])
    print(  # noqa: T201 - a benchmark prints
        f"{title:<44} median {ordered[len(ordered) // 2]:8.3f} ms"
        f"   p95 {ordered[int(len(ordered) * 0.95)]:8.3f} ms"
    )


def timed(title: str, call: Callable[[], object], rounds: int = 50) -> None:
    spent = []
    for _ in range(rounds):
        began = time.thread_time()
        call()
        spent.append(1e3 * (time.thread_time() - began))
    report(title, spent)


def main() -> None:
    seed = random.Random(1)
    pack = load_rules((), "settings.toml").rules
    machine: list[Families] = [quiet_machine(seed) for _ in range(10)]
    timed("load the pack", lambda: load_rules((), "settings.toml"))
    report("a quiet machine, default pack", beats(Engine(pack, NoLedger()), machine, 2000))
    rule = Rule(
        name="Storm",
        metric="m",
        levels=(Level(Severity.WARNING, 0.5, 0.4), Level(Severity.CRITICAL, 5.0, 4.0)),
        summary="{label:n} is at {value}",
    )
    unseen = Engine([*pack, rule], NoLedger())
    unseen.judge({"m": {labels(n=str(n)): 1.0 for n in range(500)}}, WALL - 2.0, -2.0)
    unseen.judge({"m": {labels(n=str(n)): 0.0 for n in range(500)}}, WALL - 1.0, -1.0)
    report("a quiet machine, 500 over and unseen", beats(unseen, machine, 200))
    still = storm(seed)
    report("10,000 firing, figures stand still", beats(Engine([rule], NoLedger()), [still], 20))
    moving = [storm(seed) for _ in range(5)]
    report("10,000 firing, every figure moves", beats(Engine([rule], NoLedger()), moving, 20))


if __name__ == "__main__":
    main()
