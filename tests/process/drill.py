"""Recovery drills: real clusters, real faults, and a sentence a step. People start it as
scripts/drill.sh."""

import argparse
import sys
import time

import drill_disks
import drill_stories
import interrupts
from drill_stage import Skipped, Stage
from terminal import Terminal, table

DRILLS = {
    "crash": drill_stories.crash,
    "power-loss": drill_stories.power,
    "bit-rot": drill_disks.bit_rot,
    "lost-disk": drill_disks.lost_disk,
    "full-disk": drill_disks.full_disk,
    "partition": drill_stories.partition,
    "all-down": drill_stories.all_down,
}


def parse(words):
    parser = argparse.ArgumentParser(
        prog="scripts/drill.sh",
        description="Plays a recovery story on a five-node cluster of its own (temporary directory,"
        " free ports): what is done, what is seen, and why it is safe. Nothing is left behind.",
        epilog="Drills:\n"
        + "\n".join(f"  {name:<12}{drill.__doc__}" for name, drill in DRILLS.items())
        + "\n  all         All of them in sequence, and a table at the end\n"
        + "\nExit code: 0 all went well, 1 one did not, 2 wrong words, 130 stopped by Ctrl-C.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", choices=[*DRILLS, "all"], help="see below")
    return parser.parse_args(words)


class Outcome:
    def __init__(self, name, drill):
        self.name = name
        self.failed = drill.__doc__.rstrip(".")
        self.seen = ""
        self.word = "ok"
        self.seconds = 0.0


def play(name, terminal):
    """One drill on a stage of its own, which is gone afterwards unless something went wrong."""
    drill = DRILLS[name]
    outcome = Outcome(name, drill)
    began = time.monotonic()
    stage = Stage(name, terminal)
    title = f"=== {name}: {drill.__doc__}"
    terminal.say()
    terminal.say(terminal.paint("strong", title))
    terminal.say(f"    CAIRN_CONFIG={stage.cluster.config}")
    try:
        outcome.seen = drill(stage)
    except Skipped as reason:
        outcome.seen, outcome.word = str(reason), "skipped"
        stage.step(f"Skipped: {reason}")
    except AssertionError as error:
        outcome.seen, outcome.word = str(error), "FAILED"
        stage.cluster.keep = True
        terminal.say(terminal.paint("bad", f"The drill did not go as it should: {error}"))
        terminal.say(stage.cluster.tails())
        terminal.say(f"The directories are kept: {stage.cluster.directory}")
    finally:
        stage.cluster.close()
        interrupts.end_children()
    outcome.seconds = time.monotonic() - began
    return outcome


def say_table(terminal, outcomes):
    rows = [("drill", "what failed", "what was seen", "time", "")]
    for each in outcomes:
        seen = each.seen.splitlines()[0] if each.seen else ""
        rows.append((each.name, each.failed, seen, f"{each.seconds:.0f} s", each.word))
    terminal.say()
    for line in table(rows, right=[3]):
        terminal.say(line)


def main(words):
    name = parse(words).name
    terminal = Terminal()
    interrupts.install()
    outcomes = []
    try:
        for each in DRILLS if name == "all" else [name]:
            outcomes.append(play(each, terminal))
    except KeyboardInterrupt:
        terminal.say("Stopped; nothing is left behind.")
        return 130
    say_table(terminal, outcomes)
    return 1 if any(each.word == "FAILED" for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
