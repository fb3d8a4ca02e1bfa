"""A system that refuses: a node whose calls below a directory fail with an error of one's choice
(tests/refusals/refuse.h)."""

import pathlib

from cluster import PROGRAM

LIBRARY = pathlib.Path(PROGRAM).parent / "libcairn-refuse.so"


def wrap(below, error, calls="all", first=1):
    """The command that runs a node of which the calls fail; for Node.start."""
    return [
        "env",
        f"LD_PRELOAD={LIBRARY}",
        f"REFUSE_BELOW={below}",
        f"REFUSE_ERROR={error}",
        f"REFUSE_CALLS={calls}",
        f"REFUSE_FROM={first}",
    ]
