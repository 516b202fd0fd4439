"""python aws-check.py DIRECTORY: checks every recorded exchange with STS and ECR against AWS's published models.
python aws-check.py --self-test: shows that the check can fail.

Runs in a virtual environment that has botocore. DIRECTORY holds files of JSON lines, as
crates/sandbox/src/record/aws.rs writes them.
"""

import json
import re
import sys
import sysconfig
from pathlib import Path

from aws import Models, is_ours
from aws_self_test import self_test

# How many tests are named for one problem.
NAMED = 2


def exchanges(directory):
    """The exchanges of all files. A process that was killed may have left half a line at the end."""
    for path in sorted(Path(directory).glob("*.jsonl")):
        for line in path.read_text().split("\n")[:-1]:
            yield json.loads(line)


def main(what):
    models = Models(sysconfig.get_path("purelib"))
    if what == "--self-test":
        return 0 if self_test(models.check) else 1
    groups, operations, count = {}, {}, 0
    for exchange in exchanges(what):
        operation, known, problems = models.check(exchange)
        count += 1
        if known:
            operations[operation] = operations.get(operation, False) or is_ours(exchange)
        for problem in problems:
            key = f"{operation} -> {exchange['status']}: {re.sub(r'/[0-9]+(?=/| )', '/*', problem)}"
            groups.setdefault(key, set()).add(exchange["by"])
    for key in sorted(groups):
        by = sorted(groups[key])
        print(f"{key} ({', '.join(by[:NAMED])}{' and others' if len(by) > NAMED else ''})")
    if count == 0:
        print("nothing was recorded: did the tests run with DAY2_RECORD_AWS?")
    wrong = f"{len(groups)} problems in " if groups else ""
    print(f"{wrong}{count} exchanges: {len(operations)} operations, {sum(operations.values())} of them by an action")
    return 0 if count and not groups else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
