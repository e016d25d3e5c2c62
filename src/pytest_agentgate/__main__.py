"""Start ``agentgate``, as a command and as ``python -m pytest_agentgate``, with its own libraries.

The project under test may itself be click or rich, broken, and lie on PYTHONPATH or in the current folder. Both are
meant for the tests; here they come last.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line."""
    theirs = {os.path.realpath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
    if sys.argv[0] == __file__:  # python -m puts the current folder first
        theirs.add(os.path.realpath(""))
    sys.path.sort(key=lambda entry: os.path.realpath(entry) in theirs)

    try:
        from pytest_agentgate.cli import main as agentgate

        agentgate()
    except KeyboardInterrupt:  # while libraries are loaded, before anybody else could take it
        sys.exit(130)


if __name__ == "__main__":
    main()
