"""What is proposed to a project whose MySQL or RabbitMQ is away is all that it lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.conftest import free_port
from tests.runner.services.conftest import containers

pytestmark = [pytest.mark.engine("servers"), pytest.mark.usefixtures("quick")]

ROWS = """
import os
import pymysql
import pytest

@pytest.mark.parametrize("number", range(2))
def test_rows(number):
    host, port, user, password, database = (
        os.environ.get("MYSQL_" + name, "root") for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")
    )
    with pymysql.connect(host=host, port=int(port), user=user, password=password, database=database) as connection:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS mine (a int)")
            assert cursor.execute("INSERT INTO mine VALUES (1)") == 1
"""
QUEUE = """
import os
import pika
import pytest

@pytest.mark.parametrize("number", range(2))
def test_queue(number):
    with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER"])) as connection:
        channel = connection.channel()
        channel.queue_declare("jobs")
        channel.basic_publish("", "jobs", b"one")
        assert channel.basic_get("jobs", auto_ack=True)[2] == b"one"
"""


@pytest.mark.parametrize(
    ("suite", "environ", "image"),
    [
        (ROWS, {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": "PORT"}, "mariadb:10"),
        (QUEUE, {"BROKER": "amqp://app:geheim@127.0.0.1:PORT/%2F"}, "rabbitmq:3"),
    ],
    ids=["mysql", "rabbitmq"],
)
def test_a_project_is_green_with_the_lines_that_it_is_told(
    tmp_path: Path, suite: str, environ: Mapping[str, str], image: str
) -> None:
    port = str(free_port())
    environ = {name: value.replace("PORT", port) for name, value in environ.items()}
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(suite)
    configuration = tmp_path / "agentgate.toml"
    configuration.write_text('tests = ["tests"]\n')
    run = ("run", "--", "-q", "-p", "no:cacheprovider")
    assert "2 failed" in agentgate(tmp_path, environ, *run)
    told = agentgate(tmp_path, environ, "services", "missing", "--json")
    assert "geheim" not in told
    [one] = json.loads(told)
    lines = one["configuration"].replace("tool.agentgate.", "") + f'image = "agentgate-test/{image}"\n'
    configuration.write_text(configuration.read_text() + lines)
    assert "2 passed" in agentgate(tmp_path, environ, *run, "-n", "2")
    assert containers(tmp_path) == set()


def agentgate(folder: Path, environ: Mapping[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "pytest_agentgate", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, timeout=300
    )
    return done.stdout
