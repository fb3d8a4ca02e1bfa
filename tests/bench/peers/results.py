"""The records of a bench, grouped: medians, spreads and ratios of what was measured side by side."""

import collections
import json
import statistics

TITLES = {"cairn": "cairn", "etcd": "etcd", "zookeeper": "ZooKeeper"}


class Results:
    def __init__(self, path):
        self.machines = []
        self.failures = []
        self._records = collections.defaultdict(dict)
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file):
                self._add(json.loads(line), number)

    def _add(self, record, number):
        kind = record["kind"]
        if kind == "machine":
            self.machines.append(record)
        elif kind == "failed":
            self.failures.append(record)
        else:
            case = (kind, record["system"], record["nodes"], record.get("op"), record.get("clients"))
            # What is measured again later counts instead of the first time.
            turn = record.get("run", record.get("trial", 0))
            self._records[case].pop(turn, None)
            self._records[case][turn] = record

    def systems(self, kind="load"):
        found = {case[1] for case in self._records if case[0] == kind}
        return [name for name in TITLES if name in found]

    def cases(self, kind):
        """Sorted, as (nodes, op, clients); puts before gets."""
        found = {case[2:] for case in self._records if case[0] == kind}
        return sorted(found, key=lambda c: (c[0], {"put": 0, "get": 1}.get(c[1], 2), c[2] or 0))

    def records(self, kind, system, nodes, op=None, clients=None):
        """By run or trial; those of the same number were measured next to each other."""
        return self._records.get((kind, system, nodes, op, clients), {})

    def values(self, field, kind, system, nodes, op=None, clients=None):
        records = self.records(kind, system, nodes, op, clients).values()
        return [r[field] for r in records if r.get(field) is not None]

    def median(self, *words):
        values = self.values(*words)
        return statistics.median(values) if values else None

    def ratios(self, field, kind, case, best_of, choose=max):
        """cairn's figure by the better one of the others', a ratio for each run that has them all."""
        ours = self.records(kind, "cairn", *case)
        theirs = [self.records(kind, name, *case) for name in best_of]
        found = []
        for turn, record in ours.items():
            others = [records[turn][field] for records in theirs if turn in records]
            if len(others) == len(best_of) and choose(others):
                found.append(record[field] / choose(others))
        return found
