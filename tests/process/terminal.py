"""What the drivers say to a person: colours and a progress line on a terminal, plain lines else."""

import os
import shutil
import sys

_COLOURS = {"good": "32", "bad": "31;1", "dim": "2", "strong": "1"}


class Terminal:
    def __init__(self, stream=None):
        self._stream = stream or sys.stdout
        self.is_terminal = self._stream.isatty()
        self._coloured = self.is_terminal and "NO_COLOR" not in os.environ
        self._progress = False

    def paint(self, colour, text):
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._coloured else text

    def say(self, text=""):
        self.clear()
        print(text, file=self._stream, flush=True)

    def progress(self, text):
        """What is going on at the moment; the next words take its place."""
        if self.is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r\x1b[K" + self.paint("dim", text[:width]))
            self._stream.flush()
            self._progress = True

    def clear(self):
        if self._progress:
            self._stream.write("\r\x1b[K")
            self._progress = False


def table(rows, right=()):
    """Lines of a table, the first row its head; the columns in `right` are numbers."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            str(cell).rjust(widths[i]) if i in right else str(cell).ljust(widths[i])
            for i, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
