"""A power loss for real processes: what a node wrote and never synced is taken away after a kill.

kill -9 alone loses nothing, because the kernel keeps what was written. A node that was started with
`wrap` notes at every sync how much of each file is safe (tests/crash/power_loss); `lose` then takes
each file back to that. Directory entries stay as they are; the tests of storage/ take those, too.
"""

import ctypes
import os
import pathlib
import struct

from cluster import PROGRAM

LIBRARY = pathlib.Path(PROGRAM).parent / "libcairn-power-loss.so"
_SIZES = struct.Struct("<QQ")
_PART = 1 << 16
_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD = -100
_BASIC_AND_BIRTH = 0xFFF


def notes_of(node):
    return node.data.with_name(node.data.name + ".notes")


def wrap(node):
    """The command that runs a node whose syncs are noted; for Cluster.wrap_of."""
    return preload(notes_of(node))


def preload(notes):
    notes.mkdir(exist_ok=True)
    return ["env", f"LD_PRELOAD={LIBRARY}", f"POWER_LOSS_NOTES={notes}"]


def _note_of(path, notes):
    """Where the file's last sync is noted, if there was one."""
    facts = ctypes.create_string_buffer(256)
    if _LIBC.statx(_AT_FDCWD, os.fsencode(path), 0, _BASIC_AND_BIRTH, facts) != 0:
        raise OSError(ctypes.get_errno(), f"statx {path}")
    (inode,) = struct.unpack_from("<Q", facts, 32)
    seconds, nanoseconds = struct.unpack_from("<QI", facts, 80)
    major, minor = struct.unpack_from("<II", facts, 136)
    return notes / f"{major:x}-{minor:x}-{inode:x}-{seconds:x}.{nanoseconds:x}"


def lose(data, notes, keeps=lambda unsynced: 0):
    """Takes from every file below `data` what was not synced, but for the `keeps(how many bytes)`
    that happened to reach the disk. Requires: the node is dead. Returns path -> bytes lost."""
    lost = {}
    for path in sorted(data.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        note = _note_of(path, notes)
        content = note.read_bytes() if note.exists() else bytes(_SIZES.size)
        size, end = _SIZES.unpack_from(content)
        unsynced = _written_end(path, size) - end
        if unsynced > 0:
            kept = keeps(unsynced)
            os.truncate(path, end + kept)
            os.truncate(path, max(end + kept, size))
            lost[path.relative_to(data).as_posix()] = unsynced - kept
        _restore(path, content[_SIZES.size :])
    return lost


def _written_end(path, synced_size):
    """Where the file ends; if it has not grown, without the zeros there."""
    end = path.stat().st_size
    if end > synced_size:
        return end
    with open(path, "rb") as file:
        while end > 0:
            begin = max(0, end - _PART)
            file.seek(begin)
            if part := file.read(end - begin).rstrip(b"\0"):
                return begin + len(part)
            end = begin
    return 0


def _restore(path, synced):
    """What was overwritten in place after the last sync is as it was."""
    with open(path, "r+b") as file:
        if file.read(len(synced)) != synced:
            file.seek(0)
            file.write(synced)
