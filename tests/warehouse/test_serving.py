"""A database that is asked for as long as a server runs."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import PipelineError, QueryError, TimeLimit
from pipeline.warehouse.load import load
from pipeline.warehouse.query import ask
from pipeline.warehouse.serving import Serving

# Endless, and nothing that DuckDB could work out beforehand.
ENDLESS = "SELECT COUNT(*) FROM range(10_000_000) AS a (i), range(10_000_000) AS b (j) WHERE (a.i * b.j) % 7 = 3"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "served.duckdb"
    load(str(made), lake="first", batch=1, files={})
    return made


def batch_of(serving: Serving) -> int:
    with serving.question() as connection:
        (row,) = connection.sql("SELECT batch FROM warehouse_state").fetchall()
    return int(row[0])


def test_a_load_that_is_published_is_picked_up(path: Path) -> None:
    serving = Serving(str(path))
    assert batch_of(serving) == 1
    before = serving.identity()

    load(str(path), lake="first", batch=2, files={})

    assert batch_of(serving) == 2
    assert serving.identity() != before
    serving.close()


def test_a_question_sees_one_state_from_its_first_query_to_its_last(path: Path) -> None:
    serving = Serving(str(path))
    with serving.question() as connection:
        load(str(path), lake="first", batch=2, files={})
        assert batch_of(serving) == 2
        assert connection.sql("SELECT batch FROM warehouse_state").fetchall() == [(1,)]
    assert batch_of(serving) == 2
    serving.close()


def test_states_that_were_replaced_are_closed(path: Path) -> None:
    serving = Serving(str(path))
    for batch in range(2, 6):
        load(str(path), lake="first", batch=batch, files={})
        assert batch_of(serving) == batch
    held = [name for name in os.listdir("/proc/self/fd") if _target(name).startswith(str(path))]
    serving.close()

    assert len(held) == 1
    assert not [name for name in os.listdir("/proc/self/fd") if _target(name).startswith(str(path))]


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:
        return ""


def test_a_question_that_takes_too_long_is_ended_and_the_next_is_answered(path: Path) -> None:
    serving = Serving(str(path), limit_s=0.3)
    began = time.monotonic()

    with pytest.raises(TimeLimit, match=r"took more than 0.3 s .*--time-limit"), serving.question() as connection:
        ask(connection, ENDLESS)

    assert time.monotonic() - began < 5
    assert batch_of(serving) == 1
    serving.close()


def test_an_endless_question_leaves_others_unharmed(path: Path) -> None:
    serving = Serving(str(path), limit_s=1.5)
    ended: list[str] = []

    def endless() -> None:
        try:
            with serving.question() as connection:
                ask(connection, ENDLESS)
        except QueryError as error:
            ended.append(str(error))

    slow = threading.Thread(target=endless)
    slow.start()
    answered = 0
    while slow.is_alive():
        answered += batch_of(serving)
    slow.join()

    assert answered > 5
    assert len(ended) == 1
    serving.close()


def test_what_is_not_the_databases_error_stays_what_it_is(path: Path) -> None:
    serving = Serving(str(path))
    with pytest.raises(ZeroDivisionError), serving.question():
        raise ZeroDivisionError
    with pytest.raises(QueryError, match="nothing"), serving.question() as connection:
        ask(connection, "FROM nothing")
    serving.close()


def test_a_database_that_goes_away_is_told_and_answers_when_it_is_back(path: Path) -> None:
    serving = Serving(str(path))
    away = path.with_name("away")
    shutil.move(path, away)
    with pytest.raises(PipelineError, match=r"served\.duckdb"), serving.question():
        pass

    shutil.move(away, path)

    assert batch_of(serving) == 1
    serving.close()


def test_no_setting_can_be_changed_and_no_variable_be_seen(path: Path) -> None:
    serving = Serving(str(path))
    secret = [1, 2]  # noqa: F841
    with serving.question() as connection:
        for query in (
            "SET threads = 1",
            "FROM secret",
            "FROM read_csv('/etc/passwd')",
            "CREATE TABLE heapscape.main.x (i INT)",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(query)
    serving.close()


def test_what_follows_from_the_state_is_asked_once_a_state(path: Path) -> None:
    serving, asked = Serving(str(path)), []

    def batch(connection: duckdb.DuckDBPyConnection) -> int:
        ((found,),) = connection.sql("SELECT batch FROM warehouse_state").fetchall()
        asked.append(found)
        return int(found)

    def told() -> int:
        with serving.question() as connection:
            return serving.once(connection, batch)

    with serving.question() as old:
        assert (told(), serving.once(old, batch)) == (1, 1)
        load(str(path), lake="first", batch=2, files={})
        assert (told(), told()) == (2, 2)
        assert serving.once(old, batch) == 1
    serving.close()

    assert asked == [1, 2]


def test_what_could_not_be_answered_is_asked_again(path: Path) -> None:
    serving, outcomes = Serving(str(path)), [ZeroDivisionError, None]

    def fails_first(connection: duckdb.DuckDBPyConnection) -> str:
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome
        return "answered"

    with serving.question() as connection:
        with pytest.raises(ZeroDivisionError):
            serving.once(connection, fails_first)
        assert serving.once(connection, fails_first) == "answered"
    serving.close()
