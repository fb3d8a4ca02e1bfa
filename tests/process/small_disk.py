"""Small disks of our own (tmpfs), to be filled: in a mount namespace of this process alone, so that
nobody else sees them, and the kernel takes them back when the process ends."""

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_REC_PRIVATE = 0x4000 | 0x40000
_MNT_DETACH = 2
MIB = 1 << 20
# What limits.h calls kDiskReserveBytes and kDiskRoomBytes.
RESERVE = 256 * MIB
ROOM = 320 * MIB


class Forbidden(Exception):
    """The kernel gives us no namespace, and why."""


def _check(result, what):
    if result != 0:
        raise Forbidden(f"{what}: {os.strerror(ctypes.get_errno())}")


def enter_namespace():
    """Once per process; without root it takes a user namespace besides, which a process can enter
    only while it has a single thread."""
    if enter_namespace.entered:
        return
    uid, gid = os.geteuid(), os.getegid()
    flags = _CLONE_NEWNS if uid == 0 else _CLONE_NEWNS | _CLONE_NEWUSER
    _check(_LIBC.unshare(flags), "the kernel gives no mount namespace")
    if uid != 0:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    _check(_LIBC.mount(None, b"/", None, _MS_REC_PRIVATE, None), "mounts can't be made private")
    enter_namespace.entered = True


enter_namespace.entered = False


class SmallDisk:
    def __init__(self, path, mebibytes=400):
        """Mounted at `path`, which is made."""
        enter_namespace()
        self.path = path
        self._filler = path / "somebody-elses-file"
        path.mkdir()
        self._at = os.fsencode(path)
        words = f"size={mebibytes}m,mode=700".encode()
        _check(_LIBC.mount(b"none", self._at, b"tmpfs", 0, words), f"no tmpfs at {path}")

    def free(self):
        facts = os.statvfs(self.path)
        return facts.f_bavail * facts.f_frsize

    def fill(self, leave):
        """Somebody else's file takes all but so many bytes; returns its size."""
        with open(self._filler, "ab") as file:
            size = file.tell() + self.free() - leave
            os.posix_fallocate(file.fileno(), 0, size)
        return size

    def empty(self):
        self._filler.unlink()

    def unmount(self):
        _LIBC.umount2(self._at, _MNT_DETACH)
