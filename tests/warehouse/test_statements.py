"""Other people's statements: what reads is answered, and no way of writing, reaching or changing anything is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline.errors import QueryError
from pipeline.warehouse.connect import open_for_load, open_readonly
from pipeline.warehouse.query import answer
from pipeline.warehouse.statements import CATALOG, READING, ROW_MAKERS, TELLERS, WRITERS, kind, reading

# One for each type that is answered, and then what people write.
OF_EACH_TYPE = {
    "SELECT": "SELECT kind, COUNT(*) FROM profile GROUP BY kind",
    "EXPLAIN": "EXPLAIN SELECT * FROM profile",
    "MULTI": "PIVOT profile ON kind USING SUM(bytes)",
}
READS = (
    "FROM profile",
    "FROM profile;",
    "  -- the newest\nFROM profile -- first\n;\n-- done",
    "(FROM profile)",
    "TABLE profile",
    "VALUES (1, 'a'), (2, 'b')",
    "WITH sums AS (SELECT kind, SUM(bytes) AS bytes FROM profile GROUP BY kind) FROM sums",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) FROM n",
    "SELECT * EXCLUDE (kind) REPLACE (bytes // 2 AS bytes) FROM profile ORDER BY ALL",
    "SELECT copy, update FROM (SELECT 1 AS copy, 2 AS update)",
    "SELECT 'DELETE FROM profile; COPY profile TO ''x''' AS text",
    "SELECT COLUMNS(lambda name: name LIKE 'b%') FROM profile",
    "SELECT list_transform([1, 2], lambda x: x + 1), {'a': 1}, MAP {'k': 'v'}",
    "SELECT ROW_NUMBER() OVER (PARTITION BY kind ORDER BY bytes) FROM profile QUALIFY ROW_NUMBER() OVER () = 1",
    "FROM profile ASOF JOIN (FROM profile) AS other ON profile.bytes >= other.bytes",
    "FROM profile UNION ALL BY NAME SELECT 1 AS bytes",
    "FROM profile SELECT kind, histogram(bytes) GROUP BY kind",
    "FROM profile USING SAMPLE 2 ROWS",
    "SELECT unnest(range(3)), random()",
    "FROM range(3)",
    "FROM json_each('{\"a\": 1}')",
    "FROM heap.growth",
    "FROM heap.larger(50)",
    "SELECT doubled(2)",
    "DESCRIBE profile",
    "DESCRIBE SELECT 1 AS a",
    "FROM (DESCRIBE profile) WHERE column_type = 'BIGINT'",
    "SUMMARIZE profile",
    "SUMMARIZE FROM heap.growth",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SHOW DATABASES",
    "SHOW profile",
    "FROM duckdb_columns() SELECT table_name, column_name",
    "FROM pragma_table_info('profile')",
    "FROM information_schema.tables",
    "FROM duckdb_views WHERE view_name = 'growth'",
    "FROM sqlite_master",
    "EXPLAIN ANALYZE FROM profile",
    "explain analyze select 1",
    "-- how?\nEXPLAIN (FORMAT json) FROM profile",
    "EXPLAIN ANALYZE PIVOT profile ON kind USING SUM(bytes);",
    "PIVOT profile ON kind IN ('heap', 'cpu') USING SUM(bytes)",
    "PIVOT (FROM profile WHERE kind NOT IN ('1.4.2', 'a/b.go')) ON kind USING SUM(bytes); -- all of them",
    "WITH wide AS (PIVOT profile ON kind USING SUM(bytes)) FROM wide",
    "FROM (PIVOT profile ON kind USING SUM(bytes))",
    "FROM profile PIVOT (SUM(bytes) FOR kind IN ('heap', 'cpu'))",
    "UNPIVOT profile ON bytes INTO NAME name VALUE value",
)

WRITES = (
    "INSERT INTO profile VALUES ('heap', 3)",
    "UPDATE profile SET bytes = 0",
    "DELETE FROM profile",
    "TRUNCATE profile",
    "MERGE INTO profile USING profile AS other ON true WHEN MATCHED THEN DELETE",
    "ALTER TABLE profile ADD COLUMN mine INTEGER",
    "COMMENT ON TABLE profile IS 'mine'",
    "DROP VIEW heap.growth",
    "CREATE TABLE mine (a INTEGER)",
    "CREATE TEMP TABLE mine AS FROM profile",
    "CREATE TABLE memory.mine AS PIVOT profile ON kind USING SUM(bytes)",
    "CREATE OR REPLACE VIEW heap.growth AS SELECT 1",
    "CREATE MACRO mine() AS 1",
    "CREATE SECRET (TYPE s3)",
    "CREATE TYPE mine AS ENUM ('a')",
    "WITH gone AS (DELETE FROM profile RETURNING *) FROM gone",
    "WITH new AS (INSERT INTO profile VALUES ('heap', 3) RETURNING *) FROM new",
    "WITH new AS (UPDATE profile SET bytes = 0 RETURNING *) SELECT 1",
    "FROM (WITH gone AS (DELETE FROM profile RETURNING *) FROM gone)",
    "SELECT (WITH gone AS (DELETE FROM profile RETURNING bytes) SELECT MAX(bytes) FROM gone)",
    "WITH gone AS (DELETE FROM profile RETURNING *) DELETE FROM profile",
    "WITH\N{NO-BREAK SPACE}out AS (/* a /* b */ */\N{NO-BREAK SPACE}COPY profile TO '{folder}/out.csv') SELECT 1",
    "WITH out AS (COPY profile TO '{database}' (FORMAT csv, USE_TMP_FILE false)) SELECT 1",
    "WITH out AS (COPY profile TO '{spill}/out.csv') PIVOT profile ON kind USING SUM(bytes)",
    "EXPLAIN ANALYZE WITH out AS (COPY profile TO '{database}' (FORMAT csv, USE_TMP_FILE false)) SELECT 1",
    "EXPLAIN ANALYZE DELETE FROM profile",
    "EXPLAIN (ANALYZE, FORMAT json) COPY profile TO '{database}' (FORMAT csv, USE_TMP_FILE false)",
    "EXPLAIN ANALYZE -- SELECT 1\n COPY profile TO '{database}' (FORMAT csv, USE_TMP_FILE false)",
    "EXPLAIN ANALYZE CREATE TABLE memory.mine AS PIVOT profile ON kind USING SUM(bytes)",
    "EXPLAIN SET threads = 3",
    "COPY profile TO '{folder}/out.csv'",
    "COPY profile TO '{database}' (FORMAT csv, USE_TMP_FILE false)",
    "COPY (PIVOT profile ON kind USING SUM(bytes)) TO '{spill}/out.csv'",
    "COPY profile FROM '{folder}/secret.csv'",
    "COPY FROM DATABASE heapscape TO memory",
    "EXPORT DATABASE '{folder}/out'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/other.db' AS other",
    "ATTACH '{database}' AS again (READ_WRITE)",
    "USE memory; DETACH heapscape; ATTACH '{database}' AS again; DELETE FROM again.profile",
    "FROM profile; DELETE FROM profile",
    "FROM profile; FROM profile",
    "DETACH heapscape",
    "USE memory",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "CALL checkpoint()",
    "FROM checkpoint()",
    "FROM force_checkpoint('heapscape')",
    "FROM enable_logging(storage = 'file', storage_config = {'path': '{spill}'})",
    "FROM truncate_duckdb_logs()",
    "SELECT write_log('mine')",
    "SELECT nextval('mine')",
    "SELECT setseed(0.5)",
    "BEGIN",
    "COMMIT",
    "PREPARE mine AS DELETE FROM profile",
    "PREPARE mine AS PIVOT profile ON kind USING SUM(bytes)",
    "EXECUTE mine",
    "DEALLOCATE mine",
    "SET VARIABLE mine = 1",
    "SET VARIABLE mine = (FROM (PIVOT profile ON kind USING SUM(bytes)) SELECT 1)",
    "SET memory_limit = '1TB'",
    "SET GLOBAL enable_external_access = true",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "PRAGMA memory_limit = '1TB'",
    "PRAGMA enable_profiling",
    "PRAGMA table_info('profile')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "UPDATE EXTENSIONS",
    "FROM read_csv('{folder}/secret.csv')",
    "FROM '{folder}/secret.csv'",
    "FROM read_text('{folder}/secret.csv')",
    "FROM glob('{folder}/*')",
    "FROM sniff_csv('{folder}/secret.csv')",
    "FROM read_blob('{database}')",
    "SELECT size FROM system.main.\"READ_BLOB\"('{database}')",
    "FROM read_text('{database}')",
    "FROM read_duckdb('{database}', table_name = 'profile')",
    "FROM parquet_metadata('{database}')",
    "FROM parquet_scan('{database}')",
    "FROM glob('{database}')",
    "FROM '{database}'",
    'FROM "{database}"',
    "DESCRIBE '{database}'",
    "SUMMARIZE '{database}'",
    "PIVOT '{database}' ON kind USING SUM(bytes)",
    "FROM (PIVOT profile ON kind USING SUM(bytes)), read_blob('{database}')",
    "FROM histogram('{database}', bytes)",
    "FROM query('SELECT 1')",
    "FROM query_table('profile')",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    # What tells of more than the database.
    "FROM duckdb_databases()",
    "FROM duckdb_databases",
    "FROM system.main.DUCKDB_databases",
    "SUMMARIZE duckdb_databases",
    "DESCRIBE pg_settings",
    "SHOW pg_settings",
    "FROM duckdb_settings()",
    "FROM pg_catalog.pg_settings",
    "WITH a AS (FROM pragma_database_list) FROM a",
    "SELECT (SELECT file FROM pragma_database_list LIMIT 1)",
    "PIVOT duckdb_settings() ON name USING FIRST(value)",
    "PIVOT pg_settings ON name USING FIRST(setting)",
    "EXPLAIN ANALYZE FROM duckdb_secrets()",
    "FROM pragma_database_size()",
    "SELECT current_setting('temp_directory')",
    "SELECT 'temp_directory'.current_setting()",
    "SELECT list_transform(['temp_directory'], lambda name: current_setting(name))",
)
# No text makes a statement of these types: they are of other interfaces, or older names.
NOT_WRITTEN = {
    "INVALID", "ANALYZE", "COPY_DATABASE", "CREATE_FUNC", "EXTENSION", "LOGICAL_PLAN", "RELATION", "VARIABLE_SET",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("statements") / "answers.db"
    with open_for_load(str(path)) as connection:
        connection.execute("CREATE SCHEMA heap")
        connection.execute("CREATE TABLE profile (kind VARCHAR, bytes BIGINT)")
        connection.execute("INSERT INTO profile VALUES ('heap', 100), ('cpu', 7)")
        connection.execute("CREATE VIEW heap.growth AS SELECT bytes FROM profile")
        connection.execute("CREATE MACRO heap.larger(least) AS TABLE SELECT * FROM profile WHERE bytes > least")
        connection.execute("CREATE MACRO doubled(number) AS 2 * number")
    return path


@pytest.fixture
def database(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return Path(shutil.copy(made, tmp_path))


@pytest.fixture
def reader(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_readonly(str(database)) as connection:
        yield connection


@pytest.mark.parametrize("query", [*OF_EACH_TYPE.values(), *READS])
def test_what_people_ask_is_answered(reader: duckdb.DuckDBPyConnection, query: str) -> None:
    found = answer(reader, query)

    assert found.schema.names
    assert sum(batch.num_rows for batch in found.batches) > 0


@pytest.mark.parametrize("query", WRITES)
def test_nothing_else_is_and_no_file_changes_or_appears(
    reader: duckdb.DuckDBPyConnection, database: Path, tmp_path: Path, query: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("kind,bytes\nhunter,2\n")
    spill = reader.sql("SELECT current_setting('temp_directory')").fetchall()[0][0]
    names = {"folder": str(tmp_path), "database": str(database), "spill": spill}
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    settings = reader.sql("FROM duckdb_settings()").fetchall()
    for name, path in names.items():
        query = query.replace(f"{{{name}}}", path)

    # By us: neither for its spelling nor at DuckDB's second wall.
    with pytest.raises(QueryError, match=r"^(?!DuckDB)"):
        list(answer(reader, query).batches)

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert reader.sql("FROM duckdb_settings()").fetchall() == settings
    assert reader.sql("FROM heapscape.profile").fetchall() == [("heap", 100), ("cpu", 7)]
    assert reader.sql("SELECT database_name FROM duckdb_databases() ORDER BY 1").fetchall() == [
        ("heapscape",),
        ("memory",),
        ("system",),
        ("temp",),
    ]


def test_a_variable_of_the_program_is_no_table(reader: duckdb.DuckDBPyConnection) -> None:
    secret = pa.table({"word": ["hunter2"]})

    with pytest.raises(QueryError, match=r"^DuckDB: Catalog Error: Table with name secret does not exist"):
        answer(reader, "FROM secret")

    assert secret.num_rows == 1


def test_every_type_that_is_answered_and_every_other_has_a_statement_here(reader: duckdb.DuckDBPyConnection) -> None:
    answered = {name: _kinds(reader, query) for name, query in OF_EACH_TYPE.items()}
    refused = {found for query in WRITES for found in _kinds(reader, query)}

    assert answered == {name: {name} for name in READING}
    assert set(duckdb.StatementType.__members__) - set(READING) - NOT_WRITTEN - refused == set()


def test_every_table_function_of_duckdb_is_refused_but_those_listed(reader: duckdb.DuckDBPyConnection) -> None:
    query = """
    SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal AND function_type IN ('table', 'table_macro')
    """
    names = {name for (name,) in reader.sql(query).fetchall()}

    allowed = {name for name in names if _is_read(reader, f"FROM {name}()")}

    assert len(names) > 80
    assert allowed == (ROW_MAKERS | CATALOG) & names


def test_what_duckdb_tells_of_itself_tells_nothing_of_the_machine(
    reader: duckdb.DuckDBPyConnection, database: Path
) -> None:
    query = "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE internal"
    views = [name for (name,) in reader.sql(query).fetchall()]
    of_tables = ("pragma_show", "pragma_storage_info", "pragma_table_info")
    functions = [
        *(f"{name}()" for name in CATALOG.difference(of_tables)),
        *(f"{name}('profile')" for name in of_tables),
    ]
    readable = [name for name in (*views, *functions) if _is_read(reader, f"FROM {name}")]
    settings = reader.sql("SELECT name, value FROM duckdb_settings()").fetchall()
    secrets = {value for name, value in settings if name in ("memory_limit", "temp_directory")} | {str(database)}

    told = {name: str([batch.to_pylist() for batch in answer(reader, f"FROM {name}").batches]) for name in readable}

    assert len(views) > 40
    assert len(readable) > 25
    assert [name for name, text in told.items() if any(secret in text for secret in secrets)] == []


def test_no_function_of_one_value_tells_a_setting(reader: duckdb.DuckDBPyConnection) -> None:
    query = """
    SELECT DISTINCT function_name FROM duckdb_functions()
    WHERE function_type = 'scalar' AND regexp_matches(function_name, 'setting|getenv|config|secret|path$|directory')
    """

    names = {name for (name,) in reader.sql(query).fetchall()}
    of_arguments = {"in_search_path", "json_extract_path", "parse_dirpath", "parse_path"}

    assert names - of_arguments == TELLERS


def test_every_function_that_duckdb_says_has_an_effect_is_refused_or_known_to_have_none(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE has_side_effects AND function_type = 'scalar'"
    names = {name for (name,) in reader.sql(query).fetchall()}
    harmless = {
        "current_connection_id", "current_query", "current_query_id", "current_transaction_id", "currval", "error",
        "gen_random_uuid", "random", "sleep_ms", "stats", "uuid", "uuidv4", "uuidv7", "vector_type",
    }  # fmt: skip

    assert names - harmless == WRITERS


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("DELETE FROM profile", r"^DELETE: heapscape sql only reads: SELECT, FROM, .* and EXPLAIN of these"),
        ("USE memory", "^SET: heapscape sql only reads"),
        ("UPDATE EXTENSIONS", "^UNKNOWN: heapscape sql only reads"),
        ("WITH gone AS (DELETE FROM profile) SELECT 1", "^DELETE in a WITH: heapscape sql only reads"),
        ("EXPLAIN ANALYZE DELETE FROM profile", "^DELETE: heapscape sql only reads"),
        ("FROM profile; FROM profile", "^the query has 2 statements; ask one at a time"),
        ("FROM 'x.csv'", r"^x\.csv: is read as a file, and heapscape sql reads the database alone"),
        ("FROM read_csv('x.csv')", r"^read_csv\(\): it reads or does more than the database"),
        ("CREATE TABLE a AS PIVOT profile ON kind", "^a statement around a PIVOT: heapscape sql only reads"),
        ("PIVOT profile ON kind USING FIRST(update)", r"^UPDATE beside a PIVOT without IN: .* ON kind IN \('heap'"),
        ("", "^the query is empty; write a statement such as: FROM source"),
        ("-- nothing", "^the query is empty"),
        ("SELEC 1", "^DuckDB: Parser Error"),
    ],
)
def test_a_refusal_says_what_it_is_and_what_can_be_asked(
    reader: duckdb.DuckDBPyConnection, query: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        reading(reader, query)


def test_what_is_run_of_an_explain_is_put_together_from_what_was_checked(reader: duckdb.DuckDBPyConnection) -> None:
    assert reading(reader, "-- DELETE\n EXPLAIN\n ANALYZE  FROM profile") == "EXPLAIN\n ANALYZE FROM profile"


def test_a_query_of_a_thousand_terms_is_read(reader: duckdb.DuckDBPyConnection) -> None:
    query = f"SELECT {' + '.join(['1'] * 900)} AS sum"

    assert [batch.to_pylist() for batch in answer(reader, query).batches] == [[{"sum": 900}]]


def _kinds(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {kind(statement) for statement in connection.extract_statements(query)}


def _is_read(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    try:
        reading(connection, query)
    except QueryError:
        return False
    return True
