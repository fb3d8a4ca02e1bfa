"""Tables (Markdown, readable as they are) and the plot, from the results of a bench."""

import pathlib

import goals
import plot
from results import TITLES, Results


def make(path, svg=None):
    """Prints the report, and leaves it and the plot beside the results. An exit code."""
    path = pathlib.Path(path)
    results = Results(path)
    text = "\n".join(_lines(results))
    path.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    made = [path, path.with_suffix(".md")]
    picture = plot.draw(results)
    if picture:
        svg = pathlib.Path(svg) if svg else path.with_suffix(".svg")
        svg.parent.mkdir(parents=True, exist_ok=True)
        svg.write_text(picture, encoding="utf-8")
        made.append(svg)
    print(text)
    print("\nIn files: " + " ".join(map(str, made)))
    return 0


def _lines(results):
    for machine in results.machines:
        yield _machine(machine)
    for failure in results.failures:
        yield f"left out, for it failed: {failure['what']}, {TITLES[failure['system']]}: " + (
            failure["error"].splitlines()[0]
        )
    table = list(goals.rows(results, _show))
    if table:
        head = ["medians", "cairn", "etcd", "ZooKeeper", "ratio", "wanted", "met"]
        yield from ("", "", *_table(head, table, "<>>>>><"))
    if results.cases("load"):
        yield from ("", "", *_load_table(results))
    others = list(_other_rows(results))
    if others:
        head = ["other figures", "nodes", "system", "median", "least", "most", "memory of a node"]
        yield from ("", "", *_table(head, others, "<><>>>>"))


def _machine(facts):
    systems = [f"{TITLES[name]} {version}" for name, version in facts["versions"].items()]
    return (
        f"{facts['date']}, commit {facts['commit']} ({', '.join(systems)}); {facts['cores']} cores "
        f"{facts['cpu']}, {facts['memory_mb'] / 1024:.0f} GB, Linux {facts['kernel']}, "
        f"{facts['file_system']} on {facts['device']}, load average at the beginning "
        f"{facts['load_average']:.1f}; runs of {facts['seconds']:g} s"
    )


def _load_table(results):
    head = ["op", "nodes", "clients", "system", "ops/s", "spread", "p50 ms", "p99 ms", "spread",
            "generator CPU", "nodes' CPU", "others' CPU", "MB a node", "B written/op, node",
            "errors"]  # fmt: skip
    rows = []
    for nodes, op, clients in results.cases("load"):
        for system in results.systems("load"):
            case = ("load", system, nodes, op, clients)
            if not results.values("throughput", *case):
                continue
            errors = results.values("errors", *case)
            rows.append([
                op,
                str(nodes),
                str(clients),
                TITLES[system],
                f"{results.median('throughput', *case):,.0f}",
                _spread(results.values("throughput", *case), "{:,.0f}"),
                f"{results.median('p50_us', *case) / 1000:.2f}",
                f"{results.median('p99_us', *case) / 1000:.1f}",
                _spread([us / 1000 for us in results.values("p99_us", *case)], "{:.1f}"),
                *(f"{results.median(f, *case):.2f}" for f in ("cpu", "nodes_cpu", "others_cpu")),
                f"{results.median('memory_mb', *case):.0f}",
                _written(results.median("written_per_op_node", *case), op),
                str(sum(sum(each.values()) for each in errors)),
            ])  # fmt: skip
    return _table(head, rows, "<>><" + ">" * 11)


def _written(figure, op):
    return "" if figure is None or op != "put" else f"{figure:.0f}"


def _other_rows(results):
    for kind, field, unit, words in (
        ("failover", "gap_ms", "gap", "longest gap in writes after kill -9 of the leader"),
        ("filled", "seconds", "s", "filling {keys:,} keys"),
        ("restart", "seconds", "s", "restart to the first linearizable read, {keys:,} keys"),
        ("restart_all", "seconds", "s", "the same, all nodes killed at once, {keys:,} keys"),
        ("catch_up", "seconds", "s", "caught up with {missed:,} writes, {keys:,} keys"),
        ("disk", "disk_bytes", "disk", "files of a node, {keys:,} keys"),
    ):
        for case in results.cases(kind):
            for system in results.systems(kind):
                records = list(results.records(kind, system, *case).values())
                if not records:
                    continue
                values = results.values(field, kind, system, *case)
                yield [
                    words.format(**records[0]),
                    str(case[0]),
                    TITLES[system],
                    _show(results.median(field, kind, system, *case), unit),
                    _show(min(values), unit),
                    _show(max(values), unit),
                    _show(results.median("memory_mb", kind, system, *case), "MB"),
                ]


def _show(figure, unit):
    """A figure as it stands in the results, in words."""
    if figure is None:
        return ""
    if unit == "gap":
        return f"{figure / 1000:.2f} s"
    if unit == "ms":
        return f"{figure / 1000:.2f} ms"
    if unit == "disk":
        return f"{figure / 1e6:,.0f} MB"
    if unit == "s":
        return f"{figure:.2f} s"
    return f"{figure:,.0f}{'' if unit == '/s' else ' '}{unit}"


def _spread(values, form):
    low, high = form.format(min(values)), form.format(max(values))
    return "" if len(values) < 2 else f"{low}–{high}"


def _table(head, rows, sides):
    """`sides`: < or > a column."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells):
        padded = [
            cell.ljust(width) if side == "<" else cell.rjust(width)
            for cell, width, side in zip(cells, widths, sides, strict=True)
        ]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * w if side == "<" else "-" * (w - 1) + ":" for w, side in zip(widths, sides)]
    return [line(head), line(rule), *map(line, rows)]
