"""What is proposed to a project whose MySQL and RabbitMQ are away is all that it lacks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.runner.services.conftest import containers

pytestmark = pytest.mark.engine("servers")

SUITE = """
import os

import pika
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


@pytest.mark.parametrize("number", range(2))
def test_queue(number):
    with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER"])) as connection:
        channel = connection.channel()
        channel.queue_declare("jobs")
        channel.basic_publish("", "jobs", b"one")
        assert channel.basic_get("jobs", auto_ack=True)[2] == b"one"
"""
IMAGES = {"rabbitmq": "rabbitmq:3", "mysql": "mariadb:10"}


@pytest.mark.usefixtures("quick")
def test_a_project_is_green_with_the_lines_that_it_is_told(tmp_path: Path) -> None:
    mysql, broker = (free_port() for _ in range(2))
    environ = {
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_PORT": str(mysql),
        "BROKER": f"amqp://app:geheim@127.0.0.1:{broker}/%2F",
    }
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(SUITE)
    configuration = tmp_path / "agentgate.toml"
    configuration.write_text('tests = ["tests"]\n')
    run = ("run", "--", "-q", "-p", "no:cacheprovider")
    assert "4 failed" in agentgate(tmp_path, environ, *run)
    told = agentgate(tmp_path, environ, "services", "missing", "--json")
    assert "geheim" not in told
    for one in json.loads(told):
        lines = one["configuration"].replace("tool.agentgate.", "")
        image = f'image = "agentgate-test/{IMAGES[lines.partition("services.")[2].partition("]")[0]]}"\n'
        configuration.write_text(configuration.read_text() + lines + image)
    assert "4 passed" in agentgate(tmp_path, environ, *run, "-n", "2")
    assert containers(tmp_path) == set()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def agentgate(folder: Path, environ: Mapping[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "pytest_agentgate", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, timeout=120
    )
    return done.stdout
