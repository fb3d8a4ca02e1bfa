"""Ctrl-C for drivers that start processes: it comes once, and nothing that was started stays."""

import contextlib
import os
import pathlib
import signal


def install():
    """From now on SIGINT and SIGTERM raise KeyboardInterrupt, the first time; nothing may disturb
    the cleaning up after it."""

    def interrupted(_number, _frame):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)


def end_children():
    """Kills the children of this process that are left, by their ids: one that was just being
    started when the interrupt came is known to nobody else."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # pid (name) state parent …; the name may hold anything.
            parent = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                child = int(stat.parent.name)
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
