"""Properties of testcases, as pytest and other runners write them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_agentgate.capture.junit import read_junit
from pytest_agentgate.model import Property

RECORDING = """
import pytest

@pytest.fixture
def timed(record_property):
    yield
    record_property("latency", 12.5)

@pytest.fixture
def untidy(record_property):
    yield
    record_property("after", True)
    raise OSError

def test_passes(record_property, timed):
    record_property("colour", "a<b")

def test_fails(timed):
    assert 0

def test_teardown(record_property, untidy):
    record_property("colour", "red")

def test_nothing(): pass
"""


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_of_pytest_properties_are_what_was_recorded(tmp_path: Path, family: str) -> None:
    (tmp_path / "test_shop.py").write_text(RECORDING)
    options = ["--junitxml=out.xml", "-o", f"junit_family={family}", "-p", "no:cacheprovider"]
    subprocess.run([sys.executable, "-m", "pytest", *options], cwd=tmp_path, capture_output=True, check=False)
    assert read_junit([tmp_path / "out.xml"], tmp_path).properties == (
        Property("test_shop.py::test_passes", "colour", "a<b"),
        Property("test_shop.py::test_passes", "latency", "12.5", 12.5),
        Property("test_shop.py::test_fails", "latency", "12.5", 12.5),
        Property("test_shop.py::test_teardown", "colour", "red"),
        Property("test_shop.py::test_teardown", "after", "True"),
    )


def test_properties_may_be_texts_and_those_of_the_last_attempt_in_every_file_count(tmp_path: Path) -> None:
    attempts = []
    suite = '<testsuite><properties><property name="host" value="h"/></properties>%s</testsuite>'
    case = '<testcase classname="shop" name="sells"><properties>%s</properties></testcase>'
    for name, properties in {
        "1.xml": '<property name="latency" value="99"/>',
        "2.xml": '<property name="latency">12.5</property><property/><property name="n" value="1_0"/>',
    }.items():
        (tmp_path / name).write_text(suite % (case % properties))
        attempts.append(case % properties)
    (tmp_path / "both.xml").write_text(suite % "".join(attempts))
    last = (
        Property("shop::sells", "latency", "12.5", 12.5),
        Property("shop::sells", "", ""),
        Property("shop::sells", "n", "1_0"),
    )
    assert read_junit([tmp_path / "both.xml"], tmp_path).properties == last
    first = Property("shop::sells", "latency", "99", 99.0)
    assert read_junit([tmp_path / "1.xml", tmp_path / "2.xml"], tmp_path).properties == (first, *last)
