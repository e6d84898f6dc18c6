"""Counts from schemathesis' reports how much of the document was really exercised.

    coverage.py DOCUMENT REPORT...

Fails unless at least 80 % of the document's operations answered 2xx at least once in the given NDJSON
reports, and every phase sent something: a run in which every request is refused finds no fault either,
and proves nothing.
"""

import json
import sys
from collections import Counter

REQUIRED_PERCENT = 80
PHASES = ("examples", "coverage", "fuzzing", "stateful")
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


def operations(document):
    """The (METHOD, path template) pairs of the document."""
    return {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def answers(report):
    """(phase, METHOD, path template, status) of every answered request of one report."""
    with open(report, encoding="utf-8") as lines:
        for line in lines:
            recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
            interactions = recorder.get("interactions", {})
            for case_id, node in recorder.get("cases", {}).items():
                response = interactions.get(case_id, {}).get("response")
                if response is not None:
                    case = node["value"]
                    phase = case.get("meta", {}).get("phase", {}).get("name")
                    yield phase, case["method"].upper(), case["path"], response["status_code"]


def main(document_path, *reports):
    with open(document_path, encoding="utf-8") as file:
        expected = operations(json.load(file))
    called, succeeded, requests = set(), set(), Counter()
    for report in reports:
        for phase, method, path, status in answers(report):
            requests[phase] += 1
            called.add((method, path))
            if 200 <= status < 300:
                succeeded.add((method, path))
    succeeded &= expected
    percent = 100 * len(succeeded) / len(expected) if expected else 0
    print("requests:", ", ".join(f"{requests[phase]} {phase}" for phase in PHASES))
    print(f"{len(succeeded)} of {len(expected)} operations answered 2xx ({percent:.0f} %)")
    for method, path in sorted(expected - succeeded, key=lambda operation: operation[::-1]):
        print(f"  never 2xx: {method} {path}" + ("" if (method, path) in called else " (never called)"))
    silent = [phase for phase in PHASES if not requests[phase]]
    if silent:
        print(f"these phases sent nothing: {', '.join(silent)}", file=sys.stderr)
        return 1
    if percent < REQUIRED_PERCENT:
        print(f"at least {REQUIRED_PERCENT} % are required", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
