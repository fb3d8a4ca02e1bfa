"""The parts of the bench. Each takes systems in turn, so that a ratio comes from one stretch of time,
and writes what it finds as records; what they mean is the report's business."""

import contextlib
import time

import meter
from cairn_system import Cairn
from system import BenchError

THROUGHPUT_KEYS = 100_000
FAILOVER_KEYS = 10_000
FAILOVER_SECONDS = 8
SECONDS_BEFORE_KILL = 2
RECOVERY_NODES = 3
MISSED_WRITES = 50_000
SHORT_CHAIN = 10_000
FLAT_CLIENTS = 256
WARMUP_SECONDS = 1
MOST_ATTEMPTS = 3
# Of clients, where only the number of operations counts.
MANY_CLIENTS = 128


class Turns:
    """The clusters of several systems, all started, one of them at work: the others are stopped where
    they are. A system that can't be measured in one turn is left out of it."""

    def __init__(self, bench, classes, size):
        self._bench = bench
        self.systems = []
        self._classes = classes
        self._size = size

    def __enter__(self):
        try:
            for kind in self._classes:
                system = kind(self._size, self._bench.generators)
                self.systems.append(system)
                self._bench.say(f"starting {self._size} nodes of {system.title}")
                system.start()
                self._pause(system)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for system in self.systems:
            system.close()

    def each(self, what, work):
        """Calls `work(system)` for each, in turn."""
        for system in self.systems:
            self._bench.say(f"{what}: {system.title}, {self._size} nodes")
            try:
                with self._turn(system):
                    work(system)
            except (BenchError, AssertionError) as error:
                self._bench.failed(what, system, error)

    @contextlib.contextmanager
    def _turn(self, system):
        try:
            system.resume()
            yield
        finally:
            self._pause(system)

    def _pause(self, system):
        if len(self._classes) > 1:
            system.pause()


# --- throughput


def throughput_seconds(bench):
    cases = len(bench.nodes) * len(bench.ops) * len(bench.clients) * len(bench.classes) * bench.runs
    starting = 15 * len(bench.nodes) * len(bench.classes)
    return starting + cases * (WARMUP_SECONDS + bench.seconds + 2)


def throughput(bench):
    for size in bench.nodes:
        with Turns(bench, bench.classes, size) as turns:
            turns.each("filling", lambda system: system.fill(THROUGHPUT_KEYS))
            for run in range(1, bench.runs + 1):
                for op in bench.ops:
                    for clients in bench.clients:
                        turns.each(
                            f"{op}, {clients} clients, run {run}",
                            lambda system, op=op, clients=clients, run=run: bench.record(
                                "load", system, run=run, **_load(bench, system, op, clients)
                            ),
                        )


def _load(bench, system, op, clients):
    """A cluster that was stopped for a while may still elect a leader when it has served again, and
    then a load sees errors: it is measured anew, but not for ever."""
    for attempt in range(1, MOST_ATTEMPTS + 1):
        # The warm-up is a run of its own, so that all operations are counted where bytes are.
        system.load(op, clients, THROUGHPUT_KEYS, seconds=min(WARMUP_SECONDS, bench.seconds))
        found = _measured_load(bench, system, op, clients)
        if not found["errors"]:
            break
        bench.say(f"attempt {attempt} saw errors: {found['errors']}")
    return {**found, "attempts": attempt}


def _measured_load(bench, system, op, clients):
    pids = system.pids()
    before, busy_before = meter.Sample(pids), meter.machine_busy()
    figures = system.load(op, clients, THROUGHPUT_KEYS, seconds=bench.seconds)
    after, busy_after = meter.Sample(pids), meter.machine_busy()
    if figures.get("not_found"):
        raise BenchError(f"{figures['not_found']} gets found nothing, though all keys were filled")
    taken = meter.between(before, after, figures["operations"])
    busy = (busy_after[1] - busy_before[1]) / (busy_after[0] - busy_before[0])
    wanted = ("operations", "throughput", "p50_us", "p99_us", "p999_us", "max_us", "errors", "cpu")
    return {
        "op": op,
        "clients": clients,
        **{name: figures[name] for name in wanted},
        **taken,
        "others_cpu": round(max(0.0, busy - taken["nodes_cpu"] - figures["cpu"]), 3),
        "memory_mb": round(max(meter.memory(pids).values()), 1),
    }


# --- failover


def failover_seconds(bench):
    size = max(bench.nodes)
    return len(bench.classes) * (5 + 2 * size + bench.trials * (FAILOVER_SECONDS + 5))


def failover(bench):
    with Turns(bench, bench.classes, max(bench.nodes)) as turns:
        turns.each("filling", lambda system: system.fill(FAILOVER_KEYS))
        for trial in range(1, bench.trials + 1):
            turns.each(
                f"killing the leader, trial {trial}",
                lambda system, trial=trial: bench.record(
                    "failover", system, trial=trial, **_lose_leader(system)
                ),
            )


def _lose_leader(system):
    """Writers over all nodes, and the leader dies."""
    load = system.begin_load("put", 4 * system.size, FAILOVER_KEYS, FAILOVER_SECONDS, hasty=True)
    time.sleep(SECONDS_BEFORE_KILL)
    leader = system.leader()
    system.kill(leader)
    figures = load.figures()
    system.restart(leader)
    system.settle()
    return {
        "gap_ms": figures["longest_gap_us"] / 1000,
        "operations": figures["operations"],
        "errors": figures["errors"],
    }


# --- recovery


def recovery_seconds(bench):
    # Per million keys and system: half a minute to fill, half a minute for each trial.
    fill = 40 * bench.keys / 1e6 + 15
    return len(bench.classes) * (fill + bench.runs * (20 + 15 * bench.keys / 1e6))


def recovery(bench):
    with Turns(bench, bench.classes, RECOVERY_NODES) as turns:
        turns.each(f"filling {bench.keys:,} keys", lambda system: _fill(bench, system))
        for run in range(1, bench.runs + 1):
            for what, work in (
                ("restarting a node", _restart_one),
                ("restarting all nodes", _restart_all),
                ("catching up", _catch_up),
            ):
                turns.each(
                    f"{what}, run {run}",
                    lambda system, run=run, work=work: bench.record(
                        keys=bench.keys, run=run, **work(bench, system, f"{work.__name__}-{run}")
                    ),
                )
        turns.each("weighing", lambda system: bench.record("disk", system, **_weigh(bench, system)))


def _fill(bench, system):
    began = time.monotonic()
    system.fill(bench.keys)
    took = time.monotonic() - began
    time.sleep(3)  # for what a system does on its own after a flood
    memory = meter.memory(system.pids())
    bench.record(
        "filled",
        system,
        keys=bench.keys,
        seconds=round(took, 2),
        memory_mb=round(max(memory.values()), 1),
    )


def _follower(system):
    leader = system.leader()
    return next(node_id for node_id in reversed(system.ids) if node_id != leader)


def _until(system, node_id, mark, local, *restarted):
    """Seconds from the start of these nodes until that one has the mark."""
    began = time.monotonic()
    system.restart(*restarted)
    system.wait_value(node_id, "mark", mark, local)
    return time.monotonic() - began


def _found(kind, system, seconds, node_id):
    memory = meter.memory(system.pids())[node_id]
    return {
        "kind": kind,
        "system": system,
        "seconds": round(seconds, 3),
        "memory_mb": round(memory, 1),
    }


def _restart_one(_, system, mark):
    """A follower; its first read must give what was put while it was down."""
    node_id = _follower(system)
    system.kill(node_id)
    system.put("mark", mark)
    seconds = _until(system, node_id, mark, False, node_id)
    system.settle()
    return _found("restart", system, seconds, node_id)


def _restart_all(_, system, mark):
    system.put("mark", mark)
    system.kill(*system.ids)
    seconds = _until(system, 1, mark, False, *system.ids)
    system.settle()
    return _found("restart_all", system, seconds, 1)


def _catch_up(bench, system, mark):
    node_id = _follower(system)
    system.kill(node_id)
    system.load("put", MANY_CLIENTS, bench.keys, operations=bench.missed)
    system.put("mark", mark)
    seconds = _until(system, node_id, mark, True, node_id)
    system.settle()
    return {**_found("catch_up", system, seconds, node_id), "missed": bench.missed}


def _weigh(bench, system):
    """What the files of a node take, and what the blocks alone would: only cairn has those."""
    disk = max(meter.disk_bytes(system.directory_of(node_id)) for node_id in system.ids)
    weigh = getattr(system, "stop_and_weigh", None)
    found = {"keys": bench.keys, "disk_bytes": disk}
    return {**found, "blocks_bytes": weigh()} if weigh else found


# --- flat cost


def _long_chain(bench):
    return 10 * bench.keys


def flat_seconds(bench):
    return _long_chain(bench) / 30_000 + 2 * bench.runs * (bench.seconds + 10)


def flat(bench):
    """A cluster whose chain is long, in turn with one that is new each time."""
    with Turns(bench, [Cairn], RECOVERY_NODES) as turns:
        (old,) = turns.systems
        puts = 0
        while puts < _long_chain(bench):
            bench.say(f"lengthening the chain: {puts:,} of {_long_chain(bench):,} puts")
            seconds = min(20, 4 * bench.seconds)
            puts += old.load("put", FLAT_CLIENTS, THROUGHPUT_KEYS, seconds=seconds)["operations"]
        for run in range(1, bench.runs + 1):
            old.pause()
            with Turns(bench, [Cairn], RECOVERY_NODES) as others:
                others.each("filling", lambda new: new.fill(SHORT_CHAIN))
                others.each(f"short chain, run {run}", lambda new: _flat(bench, new, "short", run))
            turns.each(f"long chain, run {run}", lambda old: _flat(bench, old, "long", run))


def _flat(bench, system, chain, run):
    """`op` is the length of the chain: a case of its own."""
    found = _load(bench, system, "put", FLAT_CLIENTS)
    bench.record("flat", system, run=run, **{**found, "op": chain})


# Name on the command line -> operations of the throughput part.
OPS = {"put": "put", "get": "get"}
# Name -> part, seconds that it takes.
OTHERS = {
    "failover": (failover, failover_seconds),
    "recovery": (recovery, recovery_seconds),
    "flat": (flat, flat_seconds),
}
