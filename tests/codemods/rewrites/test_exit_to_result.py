"""What a function returns, where it ended the process: only where its status is looked at."""

from __future__ import annotations

import pytest

from pytest_agentgate.codemods.apply import Unchanged, apply, rewrite
from pytest_agentgate.codemods.rewrites.exit_to_result import ExitToResult

RESULT = ExitToResult(function="shop.main")
TOP = "import pytest\nfrom shop import main, other\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("with pytest.raises(SystemExit):\n    main()\n", "nothing is compared with the status"),
        ("with pytest.raises(SystemExit) as e:\n    main()\n", "nothing is compared with the status"),
        (
            "with pytest.raises(SystemExit) as e:\n    main()\nassert e.value.code == 1\nprint(e.value)\n",
            "more than the status of the exception is looked at",
        ),
        (
            "with pytest.raises(SystemExit) as e:\n    main()\nassert e.value.code == 1\ne = 2\n",
            "e stands for something else as well",
        ),
        (
            "with pytest.raises(SystemExit) as e:\n    for x in []:\n        pass\n    main()\nassert e.value.code\n",
            "there is more in the block than calls",
        ),
    ],
)
def test_a_block_with_another_purpose_stays(source: str, reason: str) -> None:
    outcome = rewrite(TOP + source, [RESULT])
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == [reason]


@pytest.mark.parametrize(
    "source",
    [
        "with pytest.raises(SystemExit) as e:\n    other()\nassert e.value.code == 1\n",
        "with pytest.raises(SystemExit, match='x') as e:\n    main()\nassert e.value.code == 1\n",
        "with pytest.raises(ValueError) as e:\n    main()\nassert e.value.code == 1\n",
        "with pytest.raises(SystemExit) as e:\n    main()\n    other()\nassert e.value.code == 1\n",
        "with pytest.raises(SystemExit) as e, other():\n    main()\nassert e.value.code == 1\n",
    ],
)
def test_what_is_about_something_else_is_left_alone(source: str) -> None:
    assert rewrite(TOP + source, [RESULT]) == Unchanged()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# a\nwith pytest.raises(SystemExit) as e:\n    x = 1\n    main(x)  # ends\nassert e.value.code == 1\n",
            "# a\nx = 1\nstatus = main(x)  # ends\nassert status == 1\n",
        ),
        (
            "with pytest.raises(SystemExit) as e: main()\nassert 0 == e.value.code, e.value.code\n",
            "status = main()\nassert 0 == status, status\n",
        ),
        (
            2 * "with pytest.raises(SystemExit) as e:\n    main(1)\nassert e.value.code == 1\n",
            2 * "status = main(1)\nassert status == 1\n",
        ),
        (
            "status = 1\nwith pytest.raises(SystemExit) as e:\n    main()\nassert e.value.code == status\n",
            "status = 1\nexit_status = main()\nassert exit_status == status\n",
        ),
    ],
)
def test_the_result_is_compared_where_the_status_was(before: str, after: str) -> None:
    assert apply(TOP + before, [RESULT]) == TOP + after
    assert apply(TOP + after, [RESULT]) == TOP + after
