"""CI's second look at tests that failed: `python -m tests.second_look CODE`, CODE being what pytest ended with.

A test that drives a browser, a server or a race can fail because the machine was busy with something else. It has to
pass three times in a row, in processes of its own, and is named loudly; tests of pure rules, of actions and of tables
get no second look, nor do more than a few failures at once.
"""

import json
import subprocess
import sys
from pathlib import Path

FAILED = 1
LOOKS, MOST = 3, 6
STEADY = tuple(f"tests/{name}/" for name in ("rules", "actions", "storage", "reports", "tooling", "notifications"))


def deserves_it(code: int, failed: list[str]) -> bool:
    return code == FAILED and 0 < len(failed) <= MOST and not any(test.startswith(STEADY) for test in failed)


def main(code: int) -> int:
    kept = Path(".pytest_cache/v/cache/lastfailed")
    failed = sorted(json.loads(kept.read_text("utf-8"))) if kept.exists() else []
    if not deserves_it(code, failed):
        return code
    for look in range(LOOKS):
        print(f"\nA second look, {look + 1} of {LOOKS}: {', '.join(failed)}", flush=True)
        if again := subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *failed]).returncode:
            return again
    print(f"\nATTENTION, unsteady: failed once, then passed {LOOKS} times in a row:")
    print("\n".join(f"  {test}" for test in failed))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
