"""``agentgate run`` over a project that declares services: all of it, and what is left where it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runner.services.conftest import containers

pytestmark = [pytest.mark.engine("docker"), pytest.mark.usefixtures("quick")]

Ran = subprocess.CompletedProcess[str]
Run = Callable[..., Ran]


@pytest.fixture
def run(shop: Path) -> Run:
    def one(*arguments: str, cwd: Path = shop, **environ: str) -> Ran:
        return subprocess.run(
            [sys.executable, "-m", "pytest_agentgate", *arguments],
            cwd=cwd,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=180,
        )

    return one


def test_the_shops_tests_pass_on_two_workers_and_nothing_is_left(run: Run, shop: Path) -> None:
    before = containers(shop)
    (shop / "agentgate.toml").write_text(
        (shop / "agentgate.toml").read_text() + '[[phase]]\nname = "all"\ngates = ["services.ready == true"]\n'
    )
    ran = run("run", "--phase", "all", "--", "-n", "2", "-q", "-p", "no:cacheprovider")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "23 passed" in ran.stdout
    told = [line.partition("service db: ")[2].partition(" (")[0] for line in ran.stderr.splitlines()]
    assert [line.partition(":")[0] for line in told if line] == [
        "starts",
        "connects",
        "sql/schema.sql",
        "sql/migrations/002_loyalty.sql",
        "sql/migrations/010_tea.sql",
        "configured",
    ]
    assert containers(shop) == before
    [record] = (shop / ".agentgate" / "services").glob("*.json")
    [service] = json.loads(record.read_text())["services"]
    assert service["state"] == "ready"
    assert sorted(service["workers"]) == ["gw0", "gw1", "main"]
    assert "postgresql://" not in record.read_text()


def test_a_broken_migration_lets_the_rest_run_and_fails_the_gate(run: Run, shop: Path) -> None:
    migration = shop / "sql" / "migrations" / "002_loyalty.sql"
    migration.write_text(migration.read_text().replace("REFERENCES customer_order,", "REFERENCES custom_order,"))
    (shop / "agentgate.toml").write_text(
        (shop / "agentgate.toml").read_text() + '[[phase]]\nname = "all"\ngates = ["services.ready == true"]\n'
    )
    (shop / "tests" / "conftest.py").unlink()
    (shop / "tests" / "test_shop.py").write_text("def test_alone(): pass\n")
    ran = run("run", "--phase", "all", "--", "-q", "-p", "no:cacheprovider")
    assert ran.returncode == 10, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
    why = 'sql/migrations/002_loyalty.sql:27: relation "custom_order" does not exist'
    assert f"service db failed: {why}" in ran.stderr
    assert "what it printed is in" in ran.stderr
    assert why in ran.stdout  # the gate says so


def test_without_an_engine_the_gate_cannot_be_measured_and_the_rest_runs(run: Run, shop: Path) -> None:
    (shop / "agentgate.toml").write_text(
        (shop / "agentgate.toml").read_text() + '[[phase]]\nname = "all"\ngates = ["services.ready == true"]\n'
    )
    (shop / "tests" / "conftest.py").unlink()
    (shop / "tests" / "test_shop.py").write_text("def test_alone(): pass\n")
    ran = run("run", "--phase", "all", "--", "-q", DOCKER_HOST="unix:///nowhere.sock")
    assert ran.returncode == 13, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
    assert "service db is unavailable: no engine for containers answers on /nowhere.sock" in ran.stderr


HANGING = """
import os, pathlib, time

def test_hangs():
    pathlib.Path("begun").write_text(os.environ["SHOP_DATABASE"])
    time.sleep(120)
"""


@pytest.fixture
def hanging(shop: Path) -> Path:
    """The shop with a single test, which takes two minutes."""
    (shop / "tests" / "conftest.py").unlink()
    (shop / "tests" / "test_shop.py").write_text(HANGING)
    return shop


def begun(hanging: Path) -> subprocess.Popen[bytes]:
    started = subprocess.Popen(
        [sys.executable, "-m", "pytest_agentgate", "run", "--", "-q"],
        cwd=hanging,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 90
    while not (hanging / "begun").exists():
        assert started.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    return started


def test_what_a_run_leaves_that_was_killed_is_pruned_and_what_is_in_use_is_not(run: Run, hanging: Path) -> None:
    before = containers(hanging)
    killed = begun(hanging)
    left = containers(hanging) - before
    assert len(left) == 1
    assert not json.loads(run("services", "prune", "--json", cwd=hanging).stdout)["removed"]
    assert containers(hanging) - before == left
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    pruned = json.loads(run("services", "prune", "--json", cwd=hanging).stdout)
    assert pruned == {"removed": [f"container {left.pop()[:12]} of db in {hanging}"], "problems": []}
    assert containers(hanging) == before


def test_the_next_run_removes_what_a_killed_one_has_left(run: Run, hanging: Path) -> None:
    before = containers(hanging)
    killed = begun(hanging)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    (hanging / "tests" / "test_shop.py").write_text("def test_one(): pass\n")
    ran = run("run", "--", "-q", cwd=hanging)
    assert ran.returncode == 0, ran.stderr
    assert "which a run that was killed has left" in ran.stderr
    assert containers(hanging) == before


def test_a_run_that_is_asked_to_stop_removes_its_services(hanging: Path) -> None:
    before = containers(hanging)
    stopped = begun(hanging)
    stopped.send_signal(signal.SIGTERM)
    stopped.wait(60)
    assert containers(hanging) == before


def test_a_container_that_is_killed_in_the_middle_is_told_at_the_end(run: Run, hanging: Path) -> None:
    (hanging / "tests" / "test_shop.py").write_text(
        "import os, psycopg, subprocess\n\n"
        "def test_it():\n"
        "    connection = psycopg.connect(os.environ['SHOP_DATABASE'])\n"
        "    found = ['docker', 'ps', '-q', '--filter', f'label=org.agentgate.project={os.getcwd()}']\n"
        "    subprocess.run(['docker', 'kill', subprocess.check_output(found, text=True).strip()], check=True)\n"
        "    connection.execute('SELECT 1')\n"
    )
    ran = run("run", "--", "-q", cwd=hanging)
    assert ran.returncode == 1
    assert "service db failed: the container ended with 137 while the tests ran" in ran.stderr
    assert "connection postgres" in ran.stdout
    assert (
        "database system is ready to accept connections" in (hanging / ".agentgate" / "services" / "db.log").read_text()
    )


def test_a_worker_that_crashed_is_followed_by_one_with_a_database_of_its_own(run: Run, hanging: Path) -> None:
    (hanging / "tests" / "test_shop.py").write_text(
        "import os, psycopg, pytest\n\n"
        "def test_crashes(): os._exit(1)\n\n"
        "@pytest.mark.parametrize('n', range(3))\n"
        "def test_goes_on(n):\n"
        "    with psycopg.connect(os.environ['SHOP_DATABASE']) as connection:\n"
        "        assert connection.execute('SELECT count(*) FROM shop.country').fetchone() == (10,)\n"
    )
    ran = run("run", "--", "-q", "-n", "1", cwd=hanging)
    assert "1 failed, 3 passed" in ran.stdout, ran.stdout + ran.stderr
