"""``agentgate services`` on a real server that is there, and on containers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.cli.conftest import Agentgate
from tests.conftest import PostgresServer

from pytest_agentgate.runner.services.ownership import alone

SHOP = Path(__file__).parents[1] / "runner" / "services" / "shop"


@pytest.fixture
def shop(tmp_path: Path, postgres_server: PostgresServer) -> Path:
    """The shop, with its database in a server that is there."""
    folder = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    declared = (folder / "agentgate.toml").read_text()
    url = f'url = "{postgres_server.url()}"'
    (folder / "agentgate.toml").write_text(declared.replace('image = "agentgate-test/postgres:15"', url))
    return folder


def status_of(agentgate: Agentgate, shop: Path) -> dict[str, object]:
    done = agentgate("services", "status", "--json", cwd=shop)
    [one] = json.loads(done.stdout)
    assert isinstance(one, dict)
    return one


@pytest.mark.engine("postgres")
def test_a_schema_is_kept_up_migrated_and_made_anew(agentgate: Agentgate, shop: Path) -> None:
    up = agentgate("services", "up", "--json", cwd=shop)
    assert up.returncode == 0, up.stderr
    url = json.loads(up.stdout)["env"]["SHOP_DATABASE"]
    assert status_of(agentgate, shop)["pending"] == []
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO shop.customer (email, name) VALUES ('a@b.c', 'kept')")

    (shop / "sql" / "migrations" / "011_rating.sql").write_text("ALTER TABLE shop.customer ADD COLUMN rating int;")
    stands = status_of(agentgate, shop)
    assert stands["pending"] == ["sql/migrations/011_rating.sql"]
    migrated = agentgate("services", "migrate", "db", cwd=shop)
    assert migrated.returncode == 0
    assert "service db: sql/migrations/011_rating.sql" in migrated.stderr
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT name, rating FROM shop.customer").fetchall() == [("kept", None)]
    assert "nothing is new" in agentgate("services", "migrate", "db", cwd=shop).stderr

    again = agentgate("services", "up", "--reuse", "--json", cwd=shop)
    assert json.loads(again.stdout)["env"]["SHOP_DATABASE"] == url
    assert agentgate("services", "fresh", "db", cwd=shop).returncode == 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM shop.customer").fetchone() == (0,)

    down = agentgate("services", "down", "--json", cwd=shop)
    assert len(json.loads(down.stdout)["removed"]) == 2  # the model and what it was copied to
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    assert agentgate("services", "down", cwd=shop).stdout == "nothing to remove\n"


@pytest.mark.engine("postgres")
@pytest.mark.skipif(sys.platform == "win32", reason="there is no lock to wait for")
@pytest.mark.parametrize("command", [["up", "--reuse"], ["migrate", "db"]])
def test_two_who_change_what_stays_take_turns(agentgate: Agentgate, shop: Path, command: list[str]) -> None:
    assert agentgate("services", "up", cwd=shop).returncode == 0
    with alone(shop / ".agentgate" / "services", lambda: pytest.fail("nobody else is there")):
        other = subprocess.Popen(
            [sys.executable, "-m", "pytest_agentgate", "services", *command],
            cwd=shop,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert other.stderr is not None
        assert other.stderr.readline() == "agentgate: waiting for another agentgate services of this project to end\n"
        assert other.poll() is None
    _, said = other.communicate(timeout=180)
    assert (other.returncode, said) in [
        (0, "agentgate: service db was up already\n"),
        (0, "agentgate: service db: nothing is new\n"),
    ]
    assert agentgate("services", "down", cwd=shop).returncode == 0


@pytest.mark.engine("postgres")
@pytest.mark.parametrize("command", ["migrate", "status"])
def test_a_file_that_changed_after_it_was_applied_is_an_error(agentgate: Agentgate, shop: Path, command: str) -> None:
    agentgate("services", "up", cwd=shop)
    try:
        applied = shop / "sql" / "migrations" / "002_loyalty.sql"
        applied.write_text(applied.read_text() + "-- more\n")
        arguments = ["migrate", "db"] if command == "migrate" else ["status"]
        done = agentgate("services", *arguments, cwd=shop)
        assert done.returncode == 1
        why = "sql/migrations/002_loyalty.sql: has changed since it was applied; put what is new into a further file"
        assert why in done.stdout + done.stderr
    finally:
        agentgate("services", "down", cwd=shop)


@pytest.mark.engine("postgres")
def test_a_migration_that_fails_leaves_the_database_as_it_was(agentgate: Agentgate, shop: Path) -> None:
    agentgate("services", "up", cwd=shop)
    try:
        (shop / "sql" / "migrations" / "011.sql").write_text("CREATE TABLE shop.a ();\n\nCREATE TABLE shop.a ();")
        done = agentgate("services", "migrate", "db", "--json", cwd=shop)
        assert done.returncode == 1
        said = json.loads(done.stdout)
        assert said["why"] == 'sql/migrations/011.sql:3: relation "a" already exists: CREATE TABLE shop.a ()'
        assert [point["passed"] for point in said["checkpoints"]] == [False]
        told = agentgate("services", "migrate", "db", cwd=shop)
        assert (told.returncode, told.stdout) == (1, "")
        assert status_of(agentgate, shop)["pending"] == ["sql/migrations/011.sql"]
        log = shop / ".agentgate" / "services" / "db.log"
        assert told.stderr == (
            "agentgate: service db: sql/migrations/011.sql: failed\n"
            f"agentgate: service db failed: {said['why']}; its log is {log}\n"
        )
        assert said["log"] == str(log)
        assert log.read_text().startswith(f"{said['why']}\nCREATE TABLE shop.a ()")
        anew = agentgate("services", "up", "--reuse", cwd=shop)
        assert "service db is started anew: sql/migrations/011.sql not applied yet" in anew.stderr
        assert anew.stdout == ""
    finally:
        agentgate("services", "down", cwd=shop)


@pytest.mark.engine("postgres")
def test_passwords_are_in_what_a_shell_evaluates_and_nowhere_else(
    agentgate: Agentgate, shop: Path, postgres_server: PostgresServer
) -> None:
    up = agentgate("services", "up", cwd=shop)
    try:
        quoted = postgres_server.url().partition("tester:")[2].partition("@")[0]
        assert up.stdout.startswith(f"export SHOP_DATABASE=postgresql://tester:{quoted}@")
        others = [up.stderr, agentgate("services", "status", "--json", cwd=shop).stdout]
        others += [file.read_text() for file in (shop / ".agentgate").rglob("*") if file.is_file()]
        assert not any(quoted in text or postgres_server.password in text for text in others)
    finally:
        agentgate("services", "down", cwd=shop)


@pytest.mark.engine("docker")
def test_a_container_is_kept_and_used_by_a_run_until_it_is_taken_down(
    agentgate: Agentgate, tmp_path: Path, few_plugins: dict[str, str]
) -> None:
    (tmp_path / "agentgate.toml").write_text(
        '[services.cache]\nkind = "redis"\nimage = "agentgate-test/redis:7"\nenv = { CACHE = "{host}:{port}" }\n'
    )
    (tmp_path / "test_it.py").write_text(
        "import os, pathlib\ndef test_it(): pathlib.Path('seen').write_text(os.environ['CACHE'])\n"
    )
    try:
        up = agentgate("services", "up", "--json", cwd=tmp_path)
        address = json.loads(up.stdout)["env"]["CACHE"]
        assert agentgate("services", "status", cwd=tmp_path).returncode == 0
        ran = agentgate("run", "--", "-q", "-p", "no:cacheprovider", cwd=tmp_path, **few_plugins)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert (tmp_path / "seen").read_text() == address
        assert "service cache: starts: kept by agentgate services up" in ran.stderr
    finally:
        down = agentgate("services", "down", cwd=tmp_path)
    assert down.stdout.startswith("removed service cache: container ")
    status = agentgate("services", "status", cwd=tmp_path)
    assert status.returncode == 1
    assert " down" in status.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up"], "declares no service; begin with [tool.agentgate.services.NAME] and its kind"),
        (["fresh", "db"], "declares no service"),
    ],
)
def test_a_project_without_services_is_told_how_to_begin(
    agentgate: Agentgate, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "agentgate.toml").write_text("")
    done = agentgate("services", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_mistyped_service_is_told(agentgate: Agentgate, tmp_path: Path) -> None:
    (tmp_path / "agentgate.toml").write_text('services = { cache = { kind = "redis" } }\n')
    done = agentgate("services", "migrate", "cahce", cwd=tmp_path)
    assert done.stderr == "agentgate: error: no service 'cahce'; did you mean 'cache'?; there are: cache\n"


@pytest.mark.engine("docker")
def test_a_server_that_lets_nobody_in_keeps_no_other_service_from_going_up_and_down(
    agentgate: Agentgate, tmp_path: Path
) -> None:
    cache = '[services.cache]\nkind = "redis"\nimage = "agentgate-test/redis:7"\n'
    far = '[services.far]\nkind = "postgres"\nurl = "$AGENTGATE_TEST_UNSET"\n'
    (tmp_path / "agentgate.toml").write_text(far + cache)
    try:
        up = agentgate("services", "up", cwd=tmp_path)
        assert up.returncode == 1
        why = "url: $AGENTGATE_TEST_UNSET is not set to a URL in the environment"
        assert f"service far is unavailable: {why}" in up.stderr
        assert "export REDIS_URL=" in up.stdout
    finally:
        down = agentgate("services", "down", cwd=tmp_path)
    assert down.returncode == 1
    assert down.stdout.startswith("removed service cache: container ")
    assert down.stderr == f"agentgate: service far: {why}\n"


@pytest.mark.engine("docker")
@pytest.mark.parametrize("now", ['[services.cache]\nkind = "redis"\nurl = "redis://127.0.0.1:1"\n', ""])
def test_down_removes_the_container_of_a_service_that_is_declared_otherwise_by_now(
    agentgate: Agentgate, tmp_path: Path, now: str
) -> None:
    config = tmp_path / "agentgate.toml"
    config.write_text('[services.cache]\nkind = "redis"\nimage = "agentgate-test/redis:7"\n')
    agentgate("services", "up", cwd=tmp_path)
    config.write_text(now)
    assert agentgate("services", "down", cwd=tmp_path).stdout.startswith("removed service cache: container ")
