"""``agentgate run`` over a project that declares services: all of it, and what it says where something goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.runner.services.conftest import Run, containers

pytestmark = [pytest.mark.engine("docker"), pytest.mark.usefixtures("quick")]


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
    assert "its log is" in ran.stderr
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
