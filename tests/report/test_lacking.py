"""The words for what a connection cause lacks, and where they stand in each report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pytest_agentgate.model import RunReport, RunSummary
from pytest_agentgate.model.services import Lack, Variable
from pytest_agentgate.report import formats
from pytest_agentgate.report.lacking import command, lacks, remedy
from pytest_agentgate.report.text import agent, summary

SAID = "lacks redis on localhost:6379, asked by redis, from $REDIS_URL"
LINES = ["[tool.agentgate.services.redis]", 'kind = "redis"', 'env = { REDIS_URL = "redis://{host}:{port}/{worker}" }']


def lacking(run: RunSummary, **changes: object) -> RunSummary:
    """The run with its connection cause alone, what that lacks changed."""
    cause = next(cause for cause in run.causes if cause.lack)
    assert cause.lack is not None
    return replace(run, causes=(replace(cause, lack=replace(cause.lack, **changes)),))  # type: ignore[arg-type]


@pytest.mark.parametrize("format_", ["md", "html", "github", "sarif", "ctrf", "json"])
def test_every_report_has_what_is_lacking_and_the_lines_that_would_provide_it(run: RunSummary, format_: str) -> None:
    text = formats.ONE_FILE[format_].render(RunReport(lacking(run)))
    if format_ in ("json", "ctrf"):
        assert json.dumps("\n".join(LINES) + "\n")[1:-1] in text
        assert '"form": "redis://:{password}@{host}:{port}/0"' in text
    elif format_ == "md":
        assert "lacks redis on localhost:6379, asked by redis, from `$REDIS_URL`" in text
        assert "\n".join(LINES) in text
    else:
        assert SAID in text
        assert LINES[0] in text


def test_a_declared_service_is_named_in_every_text(run: RunSummary) -> None:
    run = lacking(run, service=None, declared="cache")
    for text in (summary(run, width=80, colour=False), agent(run), formats.ONE_FILE["md"].render(RunReport(run))):
        assert "declared as cache; agentgate run starts it, or says why not" in text
        assert "services missing" not in text
        assert "[tool" not in text


def test_where_nothing_can_be_proposed_the_reason_is_said(run: RunSummary) -> None:
    run = lacking(run, service=None, why="x is no kind that is known", server="", variables=())
    [cause] = run.causes
    assert lacks(cause) == "lacks a server on localhost:6379, asked by redis"
    assert (list(remedy(cause)), command(cause)) == (["x is no kind that is known"], "")
    assert "    x is no kind that is known\n" in summary(run, width=80, colour=False)


@pytest.mark.parametrize("format_", ["md", "html", "github", "sarif", "ctrf", "json"])
def test_every_report_names_the_declared_service_of_a_variable_that_is_not_set(run: RunSummary, format_: str) -> None:
    cause = replace(run.causes[0], lack=Lack(variables=(Variable("SHOP_URL", ""),), declared="shop-db"))
    run = replace(run, causes=(cause,))
    said = "lacks the service that sets $SHOP_URL"
    assert (lacks(cause), command(cause)) == (said, "")
    text = formats.ONE_FILE[format_].render(RunReport(run))
    if format_ in ("json", "ctrf"):
        assert '"declared": "shop-db"' in text
        assert '"name": "SHOP_URL"' in text
    else:
        assert (said.replace("$SHOP_URL", "`$SHOP_URL`") if format_ == "md" else said) in text
        assert "declared as shop-db; agentgate run starts it, or says why not" in text
    for shown in (summary(run, width=80, colour=False), agent(run)):
        assert f"{said}\n" in shown
        assert "declared as shop-db; agentgate run starts it, or says why not\n" in shown
        assert "services missing" not in shown


def test_a_line_to_copy_is_never_broken_and_others_are(run: RunSummary) -> None:
    text = summary(lacking(run), width=40, colour=False)
    assert f"    {LINES[2]}\n" in text
    assert SAID not in text
    assert SAID in " ".join(text.split())


def test_nothing_is_said_of_what_nobody_knows(run: RunSummary) -> None:
    [cause] = lacking(run).causes
    for lack in (None, Lack(why="its address is not known")):
        told = replace(cause, lack=lack)
        assert (lacks(told), list(remedy(told)), command(told)) == ("", [], "")
        assert "its address" not in summary(replace(run, causes=(told,)), width=80, colour=False)


def test_an_ipv6_address_stands_in_brackets(run: RunSummary) -> None:
    [cause] = lacking(run, host="::1").causes
    assert lacks(cause).startswith("lacks redis on [::1]:6379,")
