"""A small machine in files: two cores, two disks, two interfaces, a chip and a battery."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_tui.collectors.base import Roots

FILES = {
    "proc/stat": """\
cpu  300 20 200 4000 60 5 15 0 0 0
cpu0 100 10 120 2000 40 5 10 0 0 0
cpu1 200 10 80 2000 20 0 5 0 0 0
intr 12345 0 9
ctxt 987654
btime 1700000000
processes 4242
procs_running 3
procs_blocked 1
softirq 100 1 2 3
""",
    "proc/loadavg": "0.50 1.25 2.00 3/456 7890\n",
    "proc/meminfo": """\
MemTotal:        8000000 kB
MemFree:         1000000 kB
MemAvailable:    5000000 kB
Buffers:          200000 kB
Cached:          3500000 kB
SwapCached:            0 kB
Active:          2000000 kB
Inactive:        2500000 kB
Active(anon):     800000 kB
Inactive(anon):   100000 kB
Active(file):    1200000 kB
Inactive(file):  2400000 kB
SwapTotal:       2000000 kB
SwapFree:        1500000 kB
Dirty:               120 kB
Writeback:             0 kB
AnonPages:        900000 kB
Mapped:           300000 kB
Shmem:            100000 kB
Slab:             600000 kB
SReclaimable:     400000 kB
SUnreclaim:       200000 kB
CommitLimit:     6000000 kB
Committed_AS:    3000000 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
""",
    "proc/vmstat": """\
nr_free_pages 250000
pswpin 10
pswpout 20
pgfault 99999
pgmajfault 77
oom_kill 1
""",
    "proc/zoneinfo": """\
Node 0, zone      DMA
  pages free     3840
        min      100
        low      250
        high     400
Node 0, zone   Normal
  pages free     246160
        min      900
        low      1000
        high     1200
""",
    "proc/pressure/cpu": """\
some avg10=12.50 avg60=6.00 avg300=1.25 total=2000000
full avg10=0.00 avg60=0.00 avg300=0.00 total=0
""",
    "proc/pressure/memory": """\
some avg10=4.00 avg60=2.00 avg300=1.00 total=500000
full avg10=3.00 avg60=1.50 avg300=0.75 total=400000
""",
    "proc/pressure/io": """\
some avg10=40.00 avg60=20.00 avg300=10.00 total=9000000
full avg10=30.00 avg60=15.00 avg300=7.50 total=7000000
""",
    "proc/diskstats": """\
   7       0 loop0 50 0 100 5 0 0 0 0 0 5 5 0 0 0 0 0 0
   8       0 sda 1000 10 20000 500 2000 20 40000 1500 3 1200 2000 0 0 0 0 0 0
   8       1 sda1 900 10 19000 450 1900 20 39000 1400 0 1100 1850 0 0 0 0 0 0
 259       0 nvme0n1 10 0 80 2 0 0 0 0 0 2 2 0 0 0 0 0 0
   8      16 sdb 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 252       0 dm-0 5 0 40 1 6 0 48 2 0 3 3
""",
    "proc/net/dev": """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  eth0: 201058830    4216    1    2    0     0          0         0   230082    2367    3    4    0     0       0          0
""",  # noqa: E501 - the kernel's own layout
    "proc/net/netstat": """\
TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPTimeouts TCPSynRetrans
TcpExt: 0 12 15 40 3
IpExt: InNoRoutes InOctets
IpExt: 0 9999
""",
    "proc/net/snmp": """\
Ip: Forwarding DefaultTTL
Ip: 2 64
Tcp: MaxConn ActiveOpens PassiveOpens CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts
Tcp: -1 34 2 7 19536 7595 25 1 10
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
Udp: 67 0 4 68 4 2
""",
    "proc/net/sockstat": """\
sockets: used 170
TCP: inuse 12 orphan 1 tw 33 alloc 14 mem 5
UDP: inuse 6 mem 2
RAW: inuse 0
""",
    "proc/sys/net/netfilter/nf_conntrack_count": "180\n",
    "proc/sys/net/netfilter/nf_conntrack_max": "200\n",
    "proc/self/mounts": """\
proc /proc proc rw,nosuid 0 0
/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /run tmpfs rw,nosuid 0 0
/dev/mapper/data /srv/my\\040data xfs ro,relatime 0 0
server:/export /mnt/share nfs4 rw,hard 0 0
/dev/sda1 /var/lib/bind ext4 rw,relatime 0 0
overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0
/dev/loop3 /snap/core/1 squashfs ro 0 0
""",
    "proc/self/cgroup": "0::/\n",
    "proc/1/cgroup": "0::/init.scope\n",
    "proc/sys/kernel/hostname": "web-1\n",
    "proc/sys/kernel/osrelease": "6.1.0-test\n",
    "sys/class/block/sda/size": "1\n",
    "sys/class/block/sda1/partition": "1\n",
    "sys/class/block/nvme0n1/size": "1\n",
    "sys/class/block/dm-0/size": "1\n",
    "sys/class/net/lo/operstate": "unknown\n",
    "sys/class/net/eth0/operstate": "up\n",
    "sys/class/net/eth0/speed": "1000\n",
    "sys/class/hwmon/hwmon0/name": "coretemp\n",
    "sys/class/hwmon/hwmon0/temp1_input": "45000\n",
    "sys/class/hwmon/hwmon0/temp1_label": "Package id 0\n",
    "sys/class/hwmon/hwmon0/temp1_max": "80000\n",
    "sys/class/hwmon/hwmon0/temp1_crit": "100000\n",
    "sys/class/hwmon/hwmon0/fan2_input": "1200\n",
    "sys/class/thermal/thermal_zone0/temp": "51000\n",
    "sys/class/thermal/thermal_zone0/type": "acpitz\n",
    "sys/class/power_supply/BAT0/capacity": "83\n",
    "sys/class/power_supply/AC/online": "1\n",
    "root/etc/os-release": 'NAME="Example"\nPRETTY_NAME="Example Linux 1"\n',
}


@pytest.fixture
def fake_roots(tmp_path: Path) -> Roots:
    """Roots of a machine made of files, each of which a test may rewrite or remove."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Roots(proc=tmp_path / "proc", sys=tmp_path / "sys", root=tmp_path / "root")
