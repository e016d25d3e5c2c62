"""A text of SQL becomes the statements that the server would see."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.runner.services.statements import SqlError, Statement, statements


def texts(sql: str, *, mysql: bool = False) -> list[str]:
    return [one.text for one in statements(sql, mysql=mysql)]


@pytest.mark.parametrize("sql", ["", " \n", ";;", "-- only a comment; with a semicolon", "/* a /* nested; */ one; */"])
def test_nothing_is_no_statement(sql: str) -> None:
    assert texts(sql) == []


@pytest.mark.parametrize(
    "one",
    [
        "INSERT INTO a VALUES ('; -- '' /*')",
        'CREATE TABLE "a;b" (c int)',
        "SELECT E'it\\'s; one'",
        "SELECT 1 -- ; no end\n + 2",
        "SELECT 1 /* ; /* ; */ ; */ + 2",
        "DO $$ BEGIN PERFORM 1; END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT ';$$'; $body$",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END",
        "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO a VALUES (1); END",
        "CREATE RULE r AS ON INSERT TO v DO INSTEAD (INSERT INTO a VALUES (';)'); INSERT INTO b VALUES (1);)",
        "SELECT a$b$ FROM c$b$",
        "SELECT $1",
    ],
)
def test_what_is_quoted_or_nested_ends_no_statement(one: str) -> None:
    assert texts(f"SELECT 0;\n{one};\nSELECT 9") == ["SELECT 0", one, "SELECT 9"]


def test_begin_and_end_of_a_transaction_are_statements() -> None:
    assert texts("BEGIN; SELECT 1; END;") == ["BEGIN", "SELECT 1", "END"]


def test_a_statement_knows_the_line_it_begins_on() -> None:
    found = list(statements("-- one\n\nSELECT 1;\n\n  /* two\n */ SELECT\n2;"))
    assert [(one.text, one.line) for one in found] == [("SELECT 1", 3), ("SELECT\n2", 6)]


def test_a_mark_at_the_beginning_of_a_file_is_none_of_sql() -> None:
    assert texts("\ufeffSELECT 1;") == ["SELECT 1"]


def test_data_of_a_copy_is_kept_as_it_is() -> None:
    sql = "SELECT 1;\nCOPY a (b) FROM stdin;\nx;y\t'\n\\N\n\\.\n\nSELECT 2;"
    assert list(statements(sql)) == [
        Statement("SELECT 1", 1),
        Statement("COPY a (b) FROM stdin", 2, "x;y\t'\n\\N\n"),
        Statement("SELECT 2", 7),
    ]


def test_what_pg_dump_writes_around_its_output_does_nothing() -> None:
    assert texts("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n") == ["SELECT 1"]


@pytest.mark.parametrize(
    ("sql", "line", "what"),
    [
        ("SELECT 1;\n\\connect other", 2, "\\connect is a command of psql"),
        ("SELECT 1;\n\nDO $x$ BEGIN", 3, "$x$ is not closed"),
        ("SELECT 1; /* open", 1, "a comment is not closed"),
        ("\nCOPY a FROM STDIN;\nx\n", 2, "no line \\. ends the data"),
    ],
)
def test_what_is_no_sql_is_told_with_its_line(sql: str, line: int, what: str) -> None:
    with pytest.raises(SqlError, match=re.escape(what)) as caught:
        list(statements(sql))
    assert caught.value.line == line


def test_mysql_has_other_quotes_and_comments() -> None:
    sql = "INSERT INTO a VALUES ('it\\'s; one', \"two;\"); # three; four\nCREATE TABLE `b;c` (d int);"
    assert texts(sql, mysql=True) == [
        "INSERT INTO a VALUES ('it\\'s; one', \"two;\")",
        "CREATE TABLE `b;c` (d int)",
    ]


def test_a_routine_of_mysql_is_one_statement_with_or_without_a_delimiter() -> None:
    routine = "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; CASE 1 WHEN 1 THEN SELECT 2; END CASE; END"
    assert texts(f"{routine};\nSELECT 3;", mysql=True) == [routine, "SELECT 3"]
    assert texts(f"DELIMITER $$\n{routine}$$\nDELIMITER ;\nSELECT 3;", mysql=True) == [routine, "SELECT 3"]


@pytest.mark.parametrize(
    "one",
    [
        "SELECT 5--1",  # no comment: no white space follows
        "SELECT 1 -- two; three\n + 2",
        "SELECT 1 # two; three\n + 2",
        "SELECT 1 /* two; /* three; */ + 2",  # no comment nests
        "/*!40101 SET NAMES utf8mb4 */",  # which is run
        "/*M!100100 SELECT 1; */",
        "SELECT $$",
        (
            "CREATE PROCEDURE p() BEGIN BEGIN SELECT 1; END; IF 1 THEN SELECT 2; END IF; CASE 1 WHEN 1 THEN SELECT 3;"
            " END CASE; WHILE 0 DO SELECT 4; END WHILE; END"
        ),
        "CREATE PROCEDURE p() a: BEGIN REPEAT SET @x = REPEAT('a', 2); UNTIL 1 END REPEAT; LEAVE a; END a",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN FOR i IN 1..2 DO SELECT i; END FOR; END",
    ],
)
def test_a_statement_of_mysql_ends_where_its_own_client_ends_it(one: str) -> None:
    assert texts(f"SELECT 0;\n{one};\nSELECT 9", mysql=True) == ["SELECT 0", one, "SELECT 9"]


def test_what_is_no_comment_for_mysql_is_none_in_the_middle_of_a_line() -> None:
    assert texts("SELECT 5--1; SELECT 2;", mysql=True) == ["SELECT 5--1", "SELECT 2"]
    assert texts("# SELECT 1;\n--\tSELECT 2;\n/* SELECT 3; */ SELECT 4;\n--", mysql=True) == ["SELECT 4"]


def test_what_mysqldump_writes_of_a_trigger_is_one_statement() -> None:
    trigger = "/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; END */"
    sql = f"DELIMITER ;;\n{trigger};;\nDELIMITER ;\n/*!50003 SET sql_mode = '' */ ;\nSELECT 3;"
    assert texts(sql, mysql=True) == [trigger, "/*!50003 SET sql_mode = '' */", "SELECT 3"]


def test_after_a_delimiter_nothing_is_nested_any_more() -> None:
    odd = "CREATE PROCEDURE p() BEGIN SELECT 1 AS `end`; SELECT 2 AS begin; END"
    assert texts(f"DELIMITER //\n{odd}//\nDELIMITER ;\n\nSELECT 3; SELECT 4", mysql=True)[1:] == [
        "SELECT 3",
        "SELECT 4",
    ]


def test_a_comment_of_mysql_that_is_not_closed_is_told_with_its_line() -> None:
    with pytest.raises(SqlError, match="a comment is not closed") as caught:
        list(statements("SELECT 1;\n/* /* open", mysql=True))
    assert caught.value.line == 2


PIECES = st.sampled_from(
    ["a", "1", "'x;'", '"y;"', "$$;$$", "$t$ ; $$ $t$", "/* ; */", "-- ;\n", "(", ",", "E'\\';'", " ", "\n", "''", "$"]
)


@given(st.lists(st.lists(PIECES, max_size=8).map(" ".join), max_size=6))
def test_statements_put_together_are_found_again(parts: list[str]) -> None:
    bare = re.compile(r"--[^\n]*|/\*.*?\*/|\s", re.DOTALL)
    found = ["".join(bare.sub("", text)) for text in texts(" ;\n".join([*parts, ""]))]
    wanted = [text for part in parts if (text := bare.sub("", part))]
    assert found == wanted
