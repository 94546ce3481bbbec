"""Settings, telemetry, named SQL and clocks: the small parts that everything else takes for granted."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from actum.platform import sql
from actum.platform.clock import ManualClock, SystemClock, format_instant
from actum.platform.settings import LogFormat, LogLevel, SettingsInvalid, default_data_dir, load_settings
from actum.platform.telemetry import Metrics, bind_context, configure_logging

# -- Settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("ACTUM_")]:
        monkeypatch.delenv(name)


def test_without_any_setting_the_server_is_embedded_and_local() -> None:
    settings = load_settings()
    assert (settings.is_embedded, settings.host, settings.port) == (True, "127.0.0.1", 8400)
    assert settings.external_urls is None


def test_one_url_serves_and_migrates_unless_there_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTUM_DATABASE_URL", "postgresql://app@db/actum")
    assert load_settings().external_urls == ("postgresql://app@db/actum", "postgresql://app@db/actum")
    monkeypatch.setenv("ACTUM_MIGRATE_DATABASE_URL", "postgresql://owner@db/actum")
    assert load_settings().external_urls == ("postgresql://app@db/actum", "postgresql://owner@db/actum")


def test_a_secret_may_come_from_a_file_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("postgresql://app:secret@db/actum\n")
    monkeypatch.setenv("ACTUM_DATABASE_URL_FILE", str(tmp_path / "url"))
    settings = load_settings()
    assert settings.external_urls == ("postgresql://app:secret@db/actum",) * 2
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ACTUM_PORT": "eighty"}, "ACTUM_PORT: "),
        ({"ACTUM_PORT": "65536"}, "ACTUM_PORT: "),
        ({"ACTUM_LOG_LEVEL": "loud"}, "ACTUM_LOG_LEVEL: .*'debug', 'info'"),
        ({"ACTUM_SNAPSHOT_EVERY_INPUTS": "0"}, "ACTUM_SNAPSHOT_EVERY_INPUTS: "),
        ({"ACTUM_PORT": "x", "ACTUM_POOL_SIZE_MAX": "0"}, "ACTUM_PORT: .*ACTUM_POOL_SIZE_MAX: "),
        ({"ACTUM_DATABASE_URL_FILE": "/nowhere"}, "ACTUM_DATABASE_URL_FILE: /nowhere cannot be read"),
        ({"ACTUM_DATABASE_URL_FILE": "/nowhere", "ACTUM_DATABASE_URL": "x"}, "are both set"),
    ],
)
def test_a_wrong_setting_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=message):
        load_settings()


def test_what_is_given_in_code_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTUM_PORT", "1")
    assert load_settings(port=2, host=None).port == 2


def test_data_lies_where_the_platform_says_and_postgres_can_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    for variable, expected in (
        ("/srv/data", Path("/srv/data/actum")),
        ("relative", Path.home() / ".local/share/actum"),
        ("", Path.home() / ".local/share/actum"),
    ):
        monkeypatch.setenv("XDG_DATA_HOME", variable)
        assert default_data_dir() == expected


def test_a_root_whose_home_is_closed_keeps_its_data_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_DATA_HOME", str(closed))
    assert default_data_dir() == Path("/var/lib/actum")


# -- Telemetry


@pytest.fixture
def lines() -> Iterator[io.BytesIO]:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield io.BytesIO()
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_a_json_line_carries_its_context(lines: io.BytesIO) -> None:
    configure_logging(LogFormat.JSON, LogLevel.INFO, lines)
    log = structlog.get_logger()
    with bind_context(org_id="o", execution_id="e", template_id=None):
        with bind_context(request_id="r"):
            log.info("stepped", seq=3)
        log.debug("too quiet")
    log.warning("outside", path=Path("/x"))
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    for line in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("timestamp"))
    assert found == [
        {"event": "stepped", "level": "info", "seq": 3, "orgId": "o", "executionId": "e", "requestId": "r"},
        {"event": "outside", "level": "warning", "path": "/x"},
    ]


def test_the_lines_of_libraries_have_the_same_form(lines: io.BytesIO) -> None:
    configure_logging(LogFormat.JSON, LogLevel.WARNING, lines)
    try:
        raise KeyError("why")
    except KeyError:
        logging.getLogger("some.library").exception("failed %s", "badly")
    logging.getLogger("some.library").info("too quiet")
    (line,) = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert (line["event"], line["level"], line["logger"]) == ("failed badly", "error", "some.library")
    assert "KeyError: 'why'" in line["exception"]


def test_console_lines_are_readable_and_need_no_terminal(lines: io.BytesIO) -> None:
    configure_logging(LogFormat.CONSOLE, LogLevel.INFO, lines)
    with bind_context(org_id="o"):
        structlog.get_logger().info("größer \udc80")
    text = lines.getvalue().decode()
    assert "größer" in text
    assert "orgId=o" in text
    assert "\x1b" not in text


def test_only_known_names_are_context() -> None:
    with pytest.raises(TypeError, match="tenant"):
        bind_context(tenant="x")


def test_metrics_are_named_by_one_rule_and_name_no_org() -> None:
    families = list(text_string_to_metric_families(Metrics().render().decode()))
    assert families
    for family in families:
        assert family.name.startswith("actum_")
        assert not {name for sample in family.samples for name in sample.labels if "org" in name.lower()}


def test_two_sets_of_metrics_do_not_disturb_each_other() -> None:
    first, second = Metrics(), Metrics()
    first.events_ingested.inc(2)
    first.watch_process()
    assert b"actum_events_total 2.0" in first.render()
    assert b"actum_events_total 0.0" in second.render()


# -- Named SQL

GOOD = """\
-- Everything about things.

-- find_thing --
-- One thing of an org, or nothing.
SELECT id -- the id
  FROM things WHERE org_id = $1;

-- list_things --
-- In the order of ids:
-- every one once.
SELECT id FROM things
"""


def test_a_file_of_named_queries_is_read() -> None:
    queries = sql.parse(GOOD, "x/queries.sql")
    assert queries.names == ("find_thing", "list_things")
    assert queries["find_thing"] == sql.Query(
        "find_thing",
        "SELECT id -- the id\n  FROM things WHERE org_id = $1",
        "One thing of an org, or nothing.",
    )
    assert queries["list_things"].sentence == "In the order of ids: every one once."


def test_an_unknown_name_tells_the_known_ones() -> None:
    with pytest.raises(
        LookupError, match=r"x/queries\.sql has no query named 'find_thong'; it has: find_thing, list"
    ):
        sql.parse(GOOD, "x/queries.sql")["find_thong"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1;", "SQL before the first"),
        ("-- a --\nSELECT 1;", "lacks the sentence"),
        ("-- a --\n-- Says so.\n", "has no statement"),
        ("-- a --\n-- A.\nSELECT 1;\n-- a --\n-- A.\nSELECT 2;", "two queries are named 'a'"),
    ],
)
def test_a_malformed_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sql.parse(text, "x/queries.sql")


def test_queries_are_loaded_from_an_archive_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "slices.zip", "w") as archive:
        archive.writestr("zipped_slice/__init__.py", "")
        archive.writestr("zipped_slice/queries.sql", GOOD)
    monkeypatch.syspath_prepend(tmp_path / "slices.zip")
    assert sql.load("zipped_slice").names == ("find_thing", "list_things")
    monkeypatch.delitem(sys.modules, "zipped_slice")


# -- Clocks


def test_instants_have_one_form() -> None:
    for instant, expected in (
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000000Z"),
        (
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1))),
            "2026-01-02T02:04:05.000006Z",
        ),
    ):
        assert format_instant(instant) == expected
    with pytest.raises(ValueError, match="aware"):
        format_instant(datetime(2026, 1, 2))  # noqa: DTZ001


def test_a_manual_clock_moves_only_forward_and_only_when_told() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert clock.advance(timedelta(seconds=5)) == datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC) == clock.now()
    with pytest.raises(ValueError, match="moved back"):
        clock.advance(timedelta(seconds=-1))
    assert SystemClock().now().utcoffset() == timedelta(0)
