"""What holds for every test: an environment that does not say who runs it or where, and engines that may be absent.

``@pytest.mark.engine("docker")`` marks a test that needs one. Where it is absent the test is skipped with the reason;
where ``AGENTGATE_REQUIRE=docker,postgres`` names the engine, as in CI, it fails.
"""

from __future__ import annotations

import compileall
import gc
import itertools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import pytest_agentgate

# Machines that are shared have no steady clock. CI is about a change, and has the same examples each time: to find new
# ones is for those who work on it.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ)
settings.register_profile("agentgate", UNTIMED, max_examples=50)
settings.register_profile("thorough", UNTIMED, max_examples=1000)
settings.load_profile("agentgate")

REQUIRE = "AGENTGATE_REQUIRE"
# What common coding agents export, what steers pytest and containers, and what changes the look of what it prints.
SPEAKING = ("AI_AGENT", "AGENT_NAME", "AUGMENT", "CLAUDE", "CLINE", "CODEX", "COPILOT", "CURSOR", "GEMINI", "OPENCODE")
STEERING = {
    "AGENT", "BUILD_NUMBER", "CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS", "TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX",
}  # fmt: skip
OUTER = "PYTEST_XDIST_"  # a pytest that a test starts is no worker of the one that runs the test
LOOKS = {"COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PY_COLORS"}


@cache
def _docker() -> str:
    if shutil.which("docker") is None:
        return "no docker command"
    answer = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True)
    return "" if answer.returncode == 0 else f"the docker command has no server: {answer.stderr.strip()[:200]}"


IMAGES = {"servers": ("mariadb:10", "rabbitmq:3"), "focal": ("mysql:8", "mongo:3")}
"""Images that only the tests of their kinds need, by the word of ``.ci/engines`` that makes them."""


@cache
def _images(word: str) -> str:
    if absent := _docker():
        return absent
    names = [f"agentgate-test/{name}" for name in IMAGES[word]]
    answer = subprocess.run(["docker", "image", "inspect", *names, "--format", "x"], capture_output=True, text=True)
    return "" if answer.returncode == 0 else f"not all of {', '.join(names)} are here: .ci/engines {word} makes them"


POSTGRES = "AGENTGATE_TEST_POSTGRES"


def postgres_program(name: str) -> str | None:
    """A program of the server's, which Debian keeps out of PATH."""
    places = [os.environ.get("PATH", ""), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    return shutil.which(name, path=os.pathsep.join(places))


@cache
def _postgres() -> str:
    url = os.environ.get(POSTGRES)
    if not url:
        missing = [name for name in ("initdb", "pg_ctl") if postgres_program(name) is None]
        return f"{POSTGRES} names no server, and there is no {missing[0]} command" if missing else ""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=60).close()
    except psycopg.Error as error:
        return f"{POSTGRES}: {error}"
    return ""


# The argument ``user`` of subprocess would fork this process: where gRPC has threads in it, its child may crash.
BECOME = """
import os, pwd, sys
who = pwd.getpwnam(sys.argv[1])
os.setgroups([])
os.setgid(who.pw_gid)
os.setuid(who.pw_uid)
os.execv(sys.argv[2], sys.argv[2:])
"""


class PostgresServer:
    """A server whose databases tests may fill, stop and start: one of their own, without fsync, on the loopback."""

    password = "p/w@of:all+tests"

    def __init__(self, folder: Path) -> None:
        import pwd

        self.folder = folder
        self.port = free_port()
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = ("postgres" if "postgres" in names else "nobody") if os.geteuid() == 0 else ""
        self._becoming = [sys.executable, "-ISc", BECOME, user] if user else []
        folder.chmod(0o755)
        (folder / "password").write_text(self.password)
        if user:
            shutil.chown(folder, user)
        options = ["-U", "tester", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self.run("initdb", "-D", f"{folder}/data", f"--pwfile={folder}/password", *options)
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{folder}'\n"
                "fsync = off\nfull_page_writes = off\nmax_connections = 100\n"
            )
        self.start()

    def run(self, name: str, *arguments: str) -> None:
        log = self.folder / "server.log"  # a server that keeps a pipe open would be waited for
        command = [*self._becoming, postgres_program(name) or name, *arguments]
        with log.open("a") as said:
            ended = subprocess.run(command, stdout=said, stderr=said, cwd=self.folder, timeout=120)
        assert ended.returncode == 0, log.read_text()[-2000:]

    def start(self) -> None:
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", mode, "stop")

    def restart(self) -> None:
        """Without asking anybody; also one that has ended by itself."""
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", "immediate", "restart")

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """All of the server's processes stand still: they take connections, which the kernel does, and answer none."""
        stopped = [self.pid]
        os.kill(self.pid, signal.SIGSTOP)  # first: whoever of the others leaves from now on keeps its number
        try:
            children = subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, text=True).stdout.split()
            for child in map(int, children):
                os.kill(child, signal.SIGSTOP)
                stopped.append(child)
            yield
        finally:
            for pid in reversed(stopped):
                os.kill(pid, signal.SIGCONT)

    def url(self, database: str = "postgres") -> str:
        from urllib.parse import quote

        return f"postgresql://tester:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{database}"


def free_port() -> int:
    """A port that nothing listens on, and that systems give nobody who asks for any: whoever binds it later can."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


CHROMIUM = "AGENTGATE_TEST_CHROMIUM"


def chromium_path() -> str | None:
    """The browser that tests open pages in: the one that AGENTGATE_TEST_CHROMIUM names, or the system's."""
    return os.environ.get(CHROMIUM) or shutil.which("chromium") or shutil.which("chromium-browser")


@cache
def _chromium() -> str:
    path = chromium_path()
    if path is None:
        return f"no chromium command, and {CHROMIUM} names none"
    if find_spec("playwright") is None:
        return "playwright is not installed: pip install playwright (its own browsers are not needed)"
    answer = subprocess.run([path, "--version"], capture_output=True, text=True)
    return "" if answer.returncode == 0 else f"{path} --version: {answer.stderr.strip()[-200:]}"


# An engine's name -> why it is absent, "" if it is there.
ENGINES: dict[str, Callable[[], str]] = {
    "chromium": _chromium,
    "docker": _docker,
    "postgres": _postgres,
    **{word: partial(_images, word) for word in IMAGES},
}


def pytest_configure(config: pytest.Config) -> None:
    _heed_signals()
    if not hasattr(config, "workerinput"):
        _compile_the_package()
    unknown = sorted(_required() - set(ENGINES))
    if unknown:
        raise pytest.UsageError(f"{REQUIRE} names no engine of these tests: {', '.join(unknown)}")


def _compile_the_package() -> None:
    """Once, where the processes that tests start would each compile what they import."""
    compileall.compile_dir(Path(pytest_agentgate.__file__).parent, quiet=2)
    if sys.dont_write_bytecode:  # nor does this pytest keep the plugins whose assertions it has rewritten
        unwanted = {"PYTHONDONTWRITEBYTECODE"} | STEERING
        environ = {name: value for name, value in os.environ.items() if name not in unwanted}
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "test_it.py").write_text("def test_it(): assert 1 == 2\n")
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--agentgate", "-n", "1"]
            subprocess.run(command, cwd=folder, env=environ, capture_output=True)


def _heed_signals() -> None:
    """Undo what a shell does to jobs in the background: the programs that tests start and stop would ignore it too."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where tests are spread over workers, one of them has all of a file whose tests share what is dear to make."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Sharing(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return path if shares(config.rootpath / path) else nodeid

        # A worker may be dead before anybody has heard of it: what cannot be sent to it is for another one.
        def _assign_work_unit(self, node: Any) -> None:
            try:
                super()._assign_work_unit(node)
            except OSError:
                scope, unit = self.assigned_work[node].popitem()
                self.workqueue[scope] = unit
                self.workqueue.move_to_end(scope, last=False)

        # Without these two, what a worker that dies has done is sent to others, who wait for an answer to nothing.
        def remove_node(self, node: Any) -> str | None:
            left = {
                scope: {nodeid: False for nodeid, is_done in unit.items() if not is_done}
                for scope, unit in self.assigned_work[node].items()
            }
            crashed: str | None = next((nodeid for unit in left.values() for nodeid in unit), None)
            for unit in left.values():
                unit.pop(crashed, None)
            self.assigned_work[node] = {scope: unit for scope, unit in left.items() if unit}
            super().remove_node(node)
            return crashed

        def schedule(self) -> None:
            super().schedule()
            for node in self.nodes:
                self._reschedule(node)

    return Sharing(config, log)


@cache
def shares(path: Path) -> bool:
    """Whether the tests of a file belong to one worker: a fixture is made once for several, or they say so."""
    together = r'^@pytest\.fixture\(.*scope="(module|session)"|^ *pytest\.mark\.xdist_group\('
    return re.search(together, path.read_text(), re.MULTILINE) is not None


def pytest_collection_finish() -> None:
    """Thousands of items and all that they imported stay to the end: the collector need not look through them again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    is_main = threading.current_thread() is threading.main_thread()
    if item.get_closest_marker("main_thread") is not None and not is_main:
        pytest.skip("this xdist runs tests in a thread, where signals cannot be handled")
    for marker in item.iter_markers("engine"):
        for name in marker.args:
            absent = ENGINES[name]()
            if absent and name in _required():
                pytest.fail(f"{name} is required by {REQUIRE}, and absent: {absent}", pytrace=False)
            if absent:
                pytest.skip(f"{name} is absent: {absent}")


def _required() -> set[str]:
    return {name.strip() for name in os.environ.get(REQUIRE, "").split(",") if name.strip()}


@pytest.fixture(autouse=True, scope="session")
def _nobody_in_particular() -> Iterator[None]:
    """Tests, and the processes they start, see neither the agent nor the git identity of whoever runs them."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            ours = name.startswith("AGENTGATE_") and not name.startswith(("AGENTGATE_TEST_", REQUIRE))
            if ours or name in STEERING | LOOKS or name.startswith((*SPEAKING, OUTER)):
                environment.delenv(name)
        for who in ("AUTHOR", "COMMITTER"):
            environment.setenv(f"GIT_{who}_NAME", "Test")
            environment.setenv(f"GIT_{who}_EMAIL", "test@example.invalid")
        environment.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        environment.setenv("GIT_CONFIG_NOSYSTEM", "1")
        # After a commit, a newer git tidies up in the background: in folders that a test copies and removes meanwhile.
        environment.setenv("GIT_CONFIG_COUNT", "1")
        environment.setenv("GIT_CONFIG_KEY_0", "maintenance.auto")
        environment.setenv("GIT_CONFIG_VALUE_0", "false")
        # A module that a test writes twice within a second could be taken from what was compiled first.
        environment.setenv("PYTHONDONTWRITEBYTECODE", "1")
        yield


@pytest.fixture(scope="session")
def few_plugins() -> Mapping[str, str]:
    """Variables with which a pytest that a test starts has xdist and the plugin alone.

    All that is installed for these tests takes three times as long to load as a small suite takes to run.
    """
    return {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin,pytest_agentgate.plugin"}


@pytest.fixture
def quick(few_plugins: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this test starts has ``few_plugins``."""
    for name, value in few_plugins.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def every_plugin(quick: None, few_plugins: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this test starts loads all plugins that are installed, although a fixture asks for ``quick``."""
    for name in few_plugins:
        monkeypatch.delenv(name)


@pytest.fixture
def hours_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType, Path], None]:
    """``hours_pass(module, log)``: on the clock of a module, three hours pass with each byte that is in a file.

    What hangs is given up once it has written one, however generous the limit is to what has only to wait its turn.
    """

    def start(module: ModuleType, log: Path) -> None:
        log.touch()
        monkeypatch.setattr(module, "monotonic", lambda: monotonic() + 10_000 * log.stat().st_size)

    return start


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; for tests that are marked ``engine("chromium")``."""
    path = chromium_path()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def foreign_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with pytest and xdist, as they are here, and nothing of this package; read only."""
    place = tmp_path_factory.mktemp("foreign") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    packages = next(place.glob("lib/python*/site-packages"))
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "pytest-xdist", "execnet"):
        for file in metadata.distribution(name).files or ():
            if file.suffix in ("", ".py", ".txt", ".typed") and ".." not in file.parts:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(str(file.locate())), packages / file)
    subprocess.run([str(place / "bin" / "python"), "-m", "compileall", "-q", str(packages)], check=True)
    return place


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that is up when a test begins; for tests that are marked ``engine("postgres")`` and disturb it."""
    with tempfile.TemporaryDirectory(prefix="agentgate-postgres-") as folder:
        server = PostgresServer(Path(folder))
        try:
            yield server
        finally:
            server.stop("immediate")


DATABASES = 8  # that tests take in turns: to make and to remove one for each test would take longer than the tests


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Gives a database without a store; -> its URL, with the password in it. One test may use a few at a time."""
    import psycopg

    given = os.environ.get(POSTGRES)
    place = given or request.getfixturevalue("postgres_server").url()
    ours = f"agentgate_test_{secrets.token_hex(4)}"  # a pid may be that of another container, or of an earlier run
    names = [f"{ours}_{number}" for number in range(DATABASES)]
    urls = [place.rpartition("/")[0] + f"/{name}" for name in names]
    made = set[str]()
    turns = itertools.cycle(zip(names, urls, strict=True))

    def new_database() -> str:
        name, url = next(turns)
        with psycopg.connect(place if name not in made else url, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            if name in made:
                connection.execute("DROP SCHEMA IF EXISTS agentgate CASCADE")
            else:
                connection.execute(f"CREATE DATABASE {name}")
                made.add(name)
        return url

    yield new_database
    if given:  # what stands on a server of our own goes with it
        with psycopg.connect(given, autocommit=True) as connection:
            for name in made:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
