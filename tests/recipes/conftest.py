"""What the recipes of the documentation are run on: a small shop, in the states that CI gets to see."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "how-to"

SHOP = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n\n[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    "requirements-test.txt": "pytest\npytest-agentgate\n",
    ".gitignore": "__pycache__/\n.venv/\n.pytest_cache/\n/junit/\n/reports/\n",
    "src/shop/__init__.py": "",
    "src/shop/orders.py": (
        "PRICES = {'tea': 3, 'cake': 4}\n\n\ndef total(item, quantity):\n    return PRICES[item] * quantity\n"
    ),
    "tests/unit/test_total.py": (
        "from shop.orders import total\n\n\ndef test_one():\n    assert total('tea', 1) == 3\n\n\n"
        "def test_many():\n    assert total('cake', 3) == 12\n"
    ),
    "tests/api/test_prices.py": "from shop.orders import PRICES\n\n\ndef test_tea():\n    assert PRICES['tea'] == 3\n",
}
"""The project, whose tests are green."""

CHANGES: Mapping[str, Mapping[str, str]] = {
    "green": {
        "src/shop/offers.py": "OFFERS = ['cake']\n",
        "tests/unit/test_offers.py": "from shop.offers import OFFERS\n\n\ndef test_cake():\n    assert OFFERS\n",
    },
    "red": {"src/shop/orders.py": SHOP["src/shop/orders.py"].replace("'tea': 3", "'tea': 5")},
    "renamed": {"src/shop/ordering.py": SHOP["src/shop/orders.py"], "src/shop/orders.py": ""},
    "cut-off": {"tests/api/test_prices.py": "import os\n\n\ndef test_tea():\n    os._exit(0)\n"},
}
"""Branches: green, red in both folders of tests, red for an import in both, and one whose process does not end."""

UNSET = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "GITHUB_ACTIONS"}


@dataclass(frozen=True)
class Done:
    """A script that was run."""

    status: int
    said: str


@dataclass
class Machine:
    """Where scripts run: commands of this environment are on PATH, and pip may fetch nothing."""

    environ: dict[str, str] = field(default_factory=dict)

    def run(self, shell: list[str], script: str, folder: Path, environ: Mapping[str, str]) -> Done:
        """Run a script as a file of its own, as CI systems do."""
        assert "${{" not in script, "expressions belong into env"
        file = folder.parent / f"{folder.name}-script"
        file.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [*shell, str(file)],
            cwd=folder,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        return Done(done.returncode, done.stdout.decode())


@pytest.fixture
def machine() -> Machine:
    return _machine()


def _machine() -> Machine:
    environ = {name: value for name, value in os.environ.items() if name not in UNSET}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    quiet = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # Here are more plugins than the shop requires, and they take as long to load as all the rest.
    return Machine({**environ, **quiet, "CI": "true", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def block(page: str, language: str, number: int = 0) -> str:
    """One of the code blocks of a page."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)
    return str(blocks[number])


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


Repository = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """``repositories(file, text)``, made once each."""

    @functools.cache
    def make(file: str, text: str) -> Path:
        folder = tmp_path_factory.mktemp("recipe") / "shop"
        write(folder, {**SHOP, file: text})
        git(folder.parent, "init", "-q", "-b", "main", str(folder))
        done = _machine().run(["sh", "-e"], "agentgate init", folder, {})
        assert done.status == 0, done.said
        assert f"({file})" in done.said  # it knows which CI the project uses
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "Sell tea")
        for name, files in CHANGES.items():
            git(folder, "checkout", "-q", "-b", name, "main")
            write(folder, files)
            git(folder, "add", "-A")
            git(folder, "commit", "-qm", f"Make it {name}")
        git(folder, "checkout", "-q", "main")
        return folder

    return make


@pytest.fixture
def repository(tmp_path: Path, repositories: Repository) -> Repository:
    """``repository(file, text)``: the shop with a file of CI on ``main``, and with every change on a branch of its own.

    Its configuration is what ``agentgate init`` wrote. -> a bare repository.
    """

    def clone(file: str, text: str) -> Path:
        bare = tmp_path / "origin.git"
        git(tmp_path, "clone", "-q", "--bare", str(repositories(file, text)), str(bare))
        return bare

    return clone


@dataclass(frozen=True)
class Recipes:
    """What tests need that a module of its own can't give them: tests import nothing of each other."""

    block: Callable[..., str]
    git: Callable[..., str]
    write: Callable[[Path, Mapping[str, str]], None]
    machine: Callable[[], Machine]


@pytest.fixture(scope="session")
def recipes() -> Recipes:
    return Recipes(block, git, write, _machine)
