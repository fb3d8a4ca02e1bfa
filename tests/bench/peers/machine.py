"""What was measured, and on what: without it figures mean nothing."""

import datetime
import os
import pathlib
import platform
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]


def _git(*words):
    done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def commit():
    """The short name, with a + if the files differ from it."""
    name = _git("rev-parse", "--short", "HEAD") or "no commit"
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src", "storage", "proto")
    return name + ("+" if changed else "")


def _first_field(path, field):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(field):
                return line.split(":", 1)[1].strip()
    return "unknown"


def _file_system(directory):
    """Kind and device of what holds the directory: the longest mount point that leads to it."""
    best = ("", "unknown", "unknown")
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            device, point, kind = line.split()[:3]
            inside = directory == point or directory.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best[0]):
                best = (point, kind, device)
    return best[1], best[2]


def facts():
    kind, device = _file_system(os.path.realpath(tempfile.gettempdir()))
    return {
        "commit": commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _first_field("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_mb": int(_first_field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "file_system": kind,
        "device": device,
        "load_average": os.getloadavg()[0],
    }
