"""What a series of schedules came to, as a table, then every fault."""

from tests.processes.schedule import Verdict

SORTS = ("double", "lost", "pennies", "stuck", "other")


def _showing(verdicts: list[Verdict], sort: str) -> int:
    """How many of them show a fault of this sort."""
    known = [word for word in SORTS if word != "other"]

    def is_it(fault: str) -> bool:
        word = fault.split(":", 1)[0]
        return word == sort if sort in known else word not in known

    return sum(any(is_it(fault) for fault in each.faults) for each in verdicts)


def report(verdicts: list[Verdict]) -> int:
    """A table by schedule, then every fault with the scenario that shows it again."""
    print(
        f"{'schedule':<24}{'played':>8}{'killed':>8}{'runs, most':>12}"
        + "".join(f"{word:>9}" for word in SORTS)
    )
    for point in dict.fromkeys(each.scenario.point for each in verdicts):
        mine = [each for each in verdicts if each.scenario.point == point]
        if mine:
            print(
                f"{point:<24}{len(mine):>8}{sum(each.killed for each in mine):>8}"
                f"{max(each.runs for each in mine):>12}"
                + "".join(f"{_showing(mine, word):>9}" for word in SORTS)
            )
    for each in verdicts:
        for fault in each.faults:
            print(f"  {each.scenario}: {fault}")
    return 1 if any(each.faults for each in verdicts) else 0
