"""The plot: throughput and p99 against the number of clients, a line a system, as SVG by hand. It
stands on a card of its own, so that it reads on a light page as on a dark one."""

import math
from xml.sax.saxutils import escape

from results import TITLES

WIDTH, MARGIN, TOP = 880, 58, 66
COLUMN_GAP, ROW_GAP, BOTTOM = 116, 72, 52
PANEL_WIDTH, PANEL_HEIGHT = 300, 200
COLORS = {"cairn": "#c2410c", "etcd": "#1d6fa5", "zookeeper": "#4d7c33"}
OPS = (("put", "put"), ("get", "linearizable get"))
FIELDS = (("throughput", "operations per second", 1), ("p99_us", "p99, milliseconds", 1000))


def draw(results):
    """The SVG text, or None if there is nothing to draw."""
    cases = results.cases("load")
    if not cases:
        return None
    series = _series(results, cases)
    ops = [each for each in OPS if any(op == each[0] for _, op, _ in cases)]
    height = TOP + len(ops) * (PANEL_HEIGHT + ROW_GAP) - ROW_GAP + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#262626">',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fdfcfa" stroke="#e4e0d8"/>',
        _text(WIDTH / 2, 26, _caption(results), "middle", size=12, fill="#57534e"),
    ]
    for row, (op, op_title) in enumerate(ops):
        for column, (field, field_title, divisor) in enumerate(FIELDS):
            panel = Panel(results, series, op, field, divisor)
            if not panel.lines:
                continue
            x = MARGIN + column * (PANEL_WIDTH + COLUMN_GAP)
            y = TOP + row * (PANEL_HEIGHT + ROW_GAP)
            parts += panel.draw(x, y, f"{op_title}: {field_title}", row == len(ops) - 1)
    return "\n".join([*parts, "</svg>", ""])


def _series(results, cases):
    """(system, nodes, label, dashes): the systems at the greatest size, or, alone, cairn at each."""
    sizes = sorted({nodes for nodes, _, _ in cases}, reverse=True)
    systems = results.systems("load")
    if len(systems) > 1:
        return [(name, sizes[0], TITLES[name], "") for name in systems]
    dashes = ["", "6 3", "2 3"]
    return [
        (systems[0], size, f"{size} nodes", dashes[i % len(dashes)]) for i, size in enumerate(sizes)
    ]


def _caption(results):
    facts = results.machines[-1] if results.machines else {}
    sizes = sorted({nodes for nodes, _, _ in results.cases("load")}, reverse=True)
    alone = len(results.systems("load")) == 1
    what = "cairn" if alone else f"{sizes[0]} nodes"
    # Its gets are not linearizable by themselves.
    gets = "ZooKeeper's gets after a sync; " if "zookeeper" in results.systems("load") else ""
    return (
        f"{what}, 16-byte keys, 100-byte values; {gets}medians, least and most; "
        f"{facts.get('cores', '?')} cores for all, {facts.get('date', '')[:10]}, "
        f"commit {facts.get('commit', '?')}"
    )


class Panel:
    """One plot with logarithmic axes."""

    def __init__(self, results, series, op, field, divisor):
        self.lines = []  # label, color, dashes, [(clients, median, least, most)]
        for system, nodes, label, dashes in series:
            points = []
            for case_nodes, case_op, clients in results.cases("load"):
                if (case_nodes, case_op) != (nodes, op):
                    continue
                values = results.values(field, "load", system, nodes, op, clients)
                if values and min(values) > 0:
                    middle = results.median(field, "load", system, nodes, op, clients)
                    points.append([clients, middle / divisor, *_ends(values, divisor)])
            if points:
                self.lines.append((label, COLORS[system], dashes, points))
        if self.lines:
            every = [point for line in self.lines for point in line[3]]
            self._clients = sorted({point[0] for point in every})
            self._low = min(point[2] for point in every) / 1.25
            self._high = max(point[3] for point in every) * 1.25

    def _x(self, clients):
        first, last = self._clients[0], self._clients[-1]
        if first == last:
            return PANEL_WIDTH / 2
        part = math.log(clients / first) / math.log(last / first)
        return 14 + part * (PANEL_WIDTH - 28)

    def _y(self, value):
        part = math.log(value / self._low) / math.log(self._high / self._low)
        return (1 - part) * PANEL_HEIGHT

    def draw(self, x, y, title, last_row):
        yield f'<g transform="translate({x} {y})">'
        yield _text(0, -12, title, "start", weight=600)
        for value in _ticks(self._low, self._high):
            at = self._y(value)
            yield _line(0, at, PANEL_WIDTH, at, "#e7e3db")
            yield _text(-8, at + 4, _short(value), "end", size=11, fill="#57534e")
        for clients in self._clients:
            at = self._x(clients)
            yield _line(at, PANEL_HEIGHT, at, PANEL_HEIGHT + 4, "#a8a29e")
            yield _text(at, PANEL_HEIGHT + 18, str(clients), "middle", size=11, fill="#57534e")
        yield _line(0, PANEL_HEIGHT, PANEL_WIDTH, PANEL_HEIGHT, "#a8a29e")
        if last_row:
            yield _text(PANEL_WIDTH / 2, PANEL_HEIGHT + 38, "clients", "middle", fill="#57534e")
        for line in self.lines:
            yield from self._draw_line(*line[1:])
        yield from self._labels()
        yield "</g>"

    def _draw_line(self, color, dashes, points):
        path = " ".join(f"{self._x(c):.1f},{self._y(m):.1f}" for c, m, _, _ in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"{dashed}/>'
        for clients, middle, least, most in points:
            at = self._x(clients)
            if most > least:
                yield _line(at, self._y(least), at, self._y(most), color, 5, ' stroke-opacity="0.3"')
            yield f'<circle cx="{at:.1f}" cy="{self._y(middle):.1f}" r="3" fill="{color}"/>'

    def _labels(self):
        """Names at the ends of the lines, moved apart where lines end close together."""
        ends = sorted((self._y(line[3][-1][1]), line[0], line[1]) for line in self.lines)
        below = -math.inf
        for at, label, color in ends:
            at = max(at, below)
            below = at + 15
            yield _text(PANEL_WIDTH + 2, at + 4, label, "start", weight=600, fill=color)


def _ends(values, divisor):
    return min(values) / divisor, max(values) / divisor


def _ticks(low, high):
    """Powers of ten between the ends; where there are few, their multiples too."""
    for steps in ((1,), (1, 3), (1, 2, 5), range(1, 10)):
        found = [
            step * 10**power
            for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            for step in steps
            if low <= step * 10**power <= high
        ]
        if len(found) >= 3:
            break
    return found


def _short(value):
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _text(x, y, text, anchor, size=13, weight=400, fill="#262626"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'font-weight="{weight}" fill="{fill}">{escape(text)}</text>'
    )


def _line(x1, y1, x2, y2, color, width=1, more=""):
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" '
        f'stroke-width="{width}"{more}/>'
    )
