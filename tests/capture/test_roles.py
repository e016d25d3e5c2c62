"""Whose code a file is, and how its path is shown."""

from __future__ import annotations

import sysconfig
import timeit
from pathlib import Path

import pytest

from pytest_agentgate.capture.roles import Roots, role_of, shown_path
from pytest_agentgate.model import Role

SITE = Path("/opt/env/lib/python3.11/site-packages")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the package ``shop`` in src, and tests."""
    root = tmp_path / "project"
    for name in ("src/shop/__init__.py", "src/shop/order.py", "tests/test_shop.py", "tests/factories.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return root


@pytest.mark.parametrize(
    ("file", "role"),
    [
        ("src/shop/order.py", Role.SOURCE),
        ("shop.py", Role.SOURCE),
        ("conftest.py", Role.TEST),
        ("test_shop.py", Role.TEST),
        ("shop_test.py", Role.TEST),
        ("shop_tests.py", Role.TEST),
        ("tests/factories.py", Role.TEST),
        ("src/shop/testing/doubles.py", Role.TEST),
        ("src/shop/test/case.py", Role.TEST),
        ("src/shop/contest.py", Role.SOURCE),
        ("src/shop/latest.py", Role.SOURCE),
        (".venv/lib/python3.11/site-packages/redis/client.py", Role.LIBRARY),
        (".tox/py311/lib/x.py", Role.LIBRARY),
        (".nox/tests/x.py", Role.LIBRARY),
        ("venv/src/thing/thing.py", Role.LIBRARY),
    ],
)
def test_without_configuration_names_decide(project: Path, file: str, role: Role) -> None:
    assert role_of(str(project / file), "", Roots(project)) is role


@pytest.mark.parametrize(
    ("file", "role"),
    [
        ("lib/shop/order.py", Role.SOURCE),
        ("lib/shop/testing/doubles.py", Role.SOURCE),
        ("lib/shop/checks/conftest.py", Role.TEST),
        ("lib/shop/checks/helper.py", Role.TEST),
        ("test_at_root.py", Role.TEST),
        ("tools/make.py", Role.SOURCE),
    ],
)
def test_the_innermost_configured_folder_wins(project: Path, file: str, role: Role) -> None:
    roots = Roots(project, source=("lib",), tests=("lib/shop/checks",))
    assert role_of(str(project / file), "", roots) is role


def test_a_folder_configured_as_both_is_of_tests(project: Path) -> None:
    roots = Roots(project, source=("both",), tests=("both",))
    assert role_of(str(project / "both" / "x.py"), "", roots) is Role.TEST


def test_source_outside_of_the_root_is_source_where_it_is_configured(project: Path) -> None:
    roots = Roots(project, source=("../shared",))
    file = str(project.parent / "shared" / "money.py")
    assert role_of(file, "", roots) is Role.SOURCE
    assert shown_path(file, roots) == "../shared/money.py"


def test_an_installed_copy_of_the_project_is_its_source(project: Path) -> None:
    roots = Roots(project)
    assert role_of(str(SITE / "shop" / "order.py"), "shop.order", roots) is Role.SOURCE
    assert role_of(str(SITE / "shop" / "tests" / "test_order.py"), "", roots) is Role.TEST
    assert role_of(str(SITE / "redis" / "client.py"), "redis.client", roots) is Role.LIBRARY


def test_a_package_called_tests_in_site_packages_is_no_first_party_package(project: Path) -> None:
    (project / "tests" / "__init__.py").write_text("")
    assert role_of(str(SITE / "tests" / "util.py"), "tests.util", Roots(project)) is Role.LIBRARY


def test_the_standard_library_is_known_by_its_place(project: Path) -> None:
    stdlib = Path(sysconfig.get_path("stdlib"))
    roots = Roots(project)
    assert role_of(str(stdlib / "json" / "decoder.py"), "json.decoder", roots) is Role.STDLIB
    assert shown_path(str(stdlib / "json" / "decoder.py"), roots) == "json/decoder.py"


def test_frozen_modules_are_standard_and_shown_as_where_they_are_not_frozen(project: Path) -> None:
    roots = Roots(project)
    assert role_of("<frozen os>", "os", roots) is Role.STDLIB
    assert shown_path("<frozen os>", roots) == "os.py"
    assert shown_path("<frozen importlib._bootstrap>", roots) == "importlib/_bootstrap.py"


def test_an_interpreter_inside_of_the_project_is_still_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    stdlib = Path(sysconfig.get_path("stdlib"))
    assert role_of(str(stdlib / "json" / "decoder.py"), "", Roots(stdlib.parent.parent)) is Role.STDLIB


def test_a_project_inside_of_site_packages_is_a_project(tmp_path: Path) -> None:
    root = tmp_path / "site-packages" / "project"
    assert role_of(str(root / "shop.py"), "", Roots(root)) is Role.SOURCE


def test_generated_code_belongs_to_the_module_in_whose_name_it_runs(project: Path) -> None:
    roots = Roots(project)
    assert role_of("<string>", "json.decoder", roots) is Role.STDLIB
    assert role_of("<string>", "pytest", roots) is Role.LIBRARY
    assert role_of("<string>", "no.such.module", roots) is Role.LIBRARY


def test_paths_do_not_tell_where_the_machine_keeps_things(project: Path) -> None:
    roots = Roots(project)
    assert shown_path(str(project / "tests" / "test_shop.py"), roots) == "tests/test_shop.py"
    assert shown_path(str(SITE / "redis" / "client.py"), roots) == "redis/client.py"
    assert shown_path("/somewhere/else/entirely.py", roots) == "entirely.py"


def test_a_library_outside_of_site_packages_is_shown_as_it_is_imported(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    file = str(tmp_path / "elsewhere" / "tool" / "run.py")
    assert shown_path(file, Roots(project)) == "tool/run.py"
    assert role_of(file, "tool.run", Roots(project)) is Role.LIBRARY


def test_relative_file_names_are_relative_to_the_root(project: Path) -> None:
    assert shown_path("./tests/../tests/test_shop.py", Roots(project)) == "tests/test_shop.py"


def test_a_symlinked_root_is_the_root_under_both_names(project: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(project, target_is_directory=True)
    for root in (link, project):
        for way in (link, project):
            roots = Roots(root)
            assert shown_path(str(way / "src" / "shop" / "order.py"), roots) == "src/shop/order.py"
            assert role_of(str(way / "tests" / "test_shop.py"), "", roots) is Role.TEST


def test_tests_that_are_linked_into_the_source_stay_tests(project: Path) -> None:
    (project / "src" / "shop" / "checks").symlink_to(project / "tests", target_is_directory=True)
    roots = Roots(project, source=("src",), tests=("tests",))
    file = str(project / "src" / "shop" / "checks" / "test_shop.py")
    assert role_of(file, "", roots) is Role.TEST
    assert shown_path(file, roots) == "src/shop/checks/test_shop.py"


def test_a_link_from_an_environment_into_the_project_is_source(project: Path) -> None:
    installed = project / ".venv" / "lib" / "python3.11" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "shop").symlink_to(project / "src" / "shop", target_is_directory=True)
    assert role_of(str(installed / "shop" / "order.py"), "shop.order", Roots(project)) is Role.SOURCE


def test_a_second_look_at_a_file_costs_next_to_nothing(project: Path) -> None:
    roots = Roots(project)
    file = str(project / "src" / "shop" / "order.py")
    role_of(file, "", roots)
    assert min(timeit.repeat(lambda: role_of(file, "", roots), number=1_000, repeat=5)) < 0.01
