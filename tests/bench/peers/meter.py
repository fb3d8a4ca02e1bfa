"""What processes took of the machine: processor time, memory, bytes written to disk."""

import os
import pathlib
import time

_TICKS = os.sysconf("SC_CLK_TCK")


class Sample:
    """The counters of the nodes, and when they were read."""

    def __init__(self, pids):
        self.at = time.monotonic()
        self.cpu = {i: _cpu_seconds(pid) for i, pid in pids.items()}
        self.written = {i: _bytes_written(pid) for i, pid in pids.items()}


def _cpu_seconds(pid):
    # The name of the program, in parentheses, may hold anything.
    fields = _read(pid, "stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _bytes_written(pid):
    """To the page cache, for the disk: with what a sync has to write, without what was read."""
    return _field(_read(pid, "io"), "write_bytes:")


def _read(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8")


def _field(text, name):
    line = next(line for line in text.splitlines() if line.startswith(name))
    return int(line.split()[1])


def memory(pids):
    """Resident megabytes of each node."""
    return {i: _field(_read(pid, "status"), "VmRSS:") * 1024 / 1e6 for i, pid in pids.items()}


def between(before, after, operations):
    """What the nodes took between two samples."""
    seconds = max(after.at - before.at, 1e-6)
    cores = [(after.cpu[i] - before.cpu[i]) / seconds for i in before.cpu]
    written = sum(after.written[i] - before.written[i] for i in before.written)
    return {
        "nodes_cpu": round(sum(cores), 3),
        "written_per_op_node": round(written / len(cores) / operations, 1) if operations else None,
    }


def disk_bytes(directory):
    """What a directory takes on disk: blocks, not lengths."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass  # removed by the running node
    return total


def machine_busy():
    """Processor seconds that all processes and the kernel have used, and when."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    return time.monotonic(), (user + nice + system + irq + softirq) / _TICKS
