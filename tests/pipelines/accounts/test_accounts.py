"""Many accounts: side by side, apart from each other, in one warehouse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import ExitStack

import httpx
import pytest

from cal_source.client import CalClient
from cal_source.errors import ConfigError as CalConfigError
from cal_source.lazy import lazy_property
from pipelines.accounts import AccountOutcome, read_accounts, sync_accounts, worst
from pipelines.accounts.pool import copy_account
from pipelines.cli import main
from pipelines.errors import ConfigError, UsageError
from pipelines.exit_codes import ExitCode
from pipelines.options import SyncOptions
from pipelines.parts import columns_of
from pipelines.warehouse import Warehouse
from tests.account import NOW, new_sandbox
from tests.conftest import InProcess
from tests.reliability.kills import COMMAND, LEFT_BY_KILLS
from tests.table_contents import contents

QUICK = SyncOptions(only=("bookings", "teams"))
CANARY = "cal_live_canary_4711"


@pytest.fixture(params=["duckdb", "postgres"])
def location(request, tmp_path):
    """A place without any tables."""
    if request.param == "duckdb":
        yield str(tmp_path / "all.duckdb")
        return
    with request.getfixturevalue("postgres_server").database(empty=True) as url:
        yield url


class World:
    """Accounts that are alike: the same ids and uids, on servers of their own."""

    def __init__(self, folder, names, location):
        self.folder, self.location = folder, location
        self.sandboxes = {name: new_sandbox(bookings=12, seed=1) for name in names}
        self.keys = dict.fromkeys(names, "cal_sandbox_owner")
        self.away = set()
        self.file = folder / "accounts.toml"

    def accounts(self):
        lines = [
            f'[accounts.{name}]\napi_key = "{key}"\nbase_url = "http://{name}.test"\n'
            for name, key in self.keys.items()
        ]
        self.file.write_text("\n".join(lines))
        return read_accounts(self.file, {})

    def client(self, account, _sleep):
        transport = InProcess(self.sandboxes[account.name])
        if account.name in self.away:
            transport = httpx.MockTransport(_away)
        settings = account.settings
        return CalClient(
            settings.api_key,
            base_url=settings.base_url,
            transport=transport,
            sleep=lambda _: None,
        )

    def sync(self, options=QUICK):
        with Warehouse.open(self.location, holds_accounts=True) as target:
            outcomes = sync_accounts(
                self.accounts(), target, options, client_of=self.client, clock=lambda: NOW
            )
            return {outcome.account: outcome for outcome in outcomes}

    def differences(self):
        """Tables in which an account has other rows in the one warehouse than in its own."""
        found = []
        with Warehouse.open(self.location, read_only=True) as target:
            for account in read_accounts(self.file, {}):
                with Warehouse.open(account.warehouse, read_only=True) as own:
                    found += [
                        f"{account.name} {name}"
                        for name in columns_of(own, "raw")
                        if contents(own, name) != contents(_Of(target, account.name), name)
                    ]
        return found


class _Of:
    """One account's rows of the one warehouse, as its own has them."""

    def __init__(self, target, account):
        self.target, self.account = target, account

    def rows(self, sql):
        rows = self.target.rows(f"{sql} where account = $account", {"account": self.account})
        return [
            {name.replace("own_account", "account"): row[name] for name in row if name != "account"}
            for row in rows
        ]


def _away(request):
    raise httpx.ConnectError("nobody answers", request=request)


def test_accounts_with_equal_ids_stay_apart_in_one_warehouse(location, tmp_path):
    world = World(tmp_path, ["acme", "globex"], location)
    first, second = world.sync(), world.sync()

    assert [o.exit_code for o in first.values()] == [ExitCode.DONE, ExitCode.DONE]
    assert world.differences() == []
    with Warehouse.open(location, read_only=True) as target:
        rows = target.rows("select account, count(*) as n from raw.bookings group by account")
        uids = target.scalar("select count(distinct uid) from raw.bookings")
        assert target.scalar("select count(*) from raw.bookings") == 2 * uids
    assert sorted(row["account"] for row in rows) == ["acme", "globex"]
    # nothing changed at Cal.com: only what says that there was a run is copied
    assert all(n.startswith("ops.") for o in second.values() for n in o.copied)


def test_change_of_one_account_copies_its_tables_only(tmp_path):
    world = World(tmp_path, ["acme", "globex"], str(tmp_path / "all.duckdb"))
    world.sync()
    booking = next(iter(world.sandboxes["acme"].world.bookings))
    world.sandboxes["acme"].world.edit_booking(booking.uid, title="Changed", updated_at=NOW)

    outcomes = world.sync()

    raw = {name: [t for t in o.copied if t.startswith("raw.")] for name, o in outcomes.items()}
    assert raw == {"acme": ["raw.bookings", "raw.bookings_old_versions"], "globex": []}
    assert world.differences() == []


def test_one_bad_key_and_one_server_away_hurt_none_of_the_others(tmp_path):
    names = [f"a{number}" for number in range(5)]
    world = World(tmp_path, names, str(tmp_path / "all.duckdb"))
    world.sync()
    world.keys["a1"] = CANARY
    world.away = {"a3"}

    outcomes = world.sync()

    codes = {name: outcome.exit_code for name, outcome in outcomes.items()}
    assert codes == {
        "a0": ExitCode.DONE,
        "a1": ExitCode.REFUSED,
        "a2": ExitCode.DONE,
        "a3": ExitCode.UNAVAILABLE,
        "a4": ExitCode.DONE,
    }
    assert worst(list(outcomes.values())) is ExitCode.REFUSED
    assert CANARY not in repr(outcomes)
    with Warehouse.open(world.location, read_only=True) as target:
        kept = target.rows("select distinct account from raw.bookings")
        assert {row["account"] for row in kept} == set(names)
        record = target.rows("select * from ops.accounts where account = 'a1'")[0]
    assert (record["outcome"], record["exit_code"]) == ("failed", ExitCode.REFUSED)
    assert CANARY not in str(record)


def test_combine_collects_what_other_machines_have_synced(tmp_path, capsys):
    world = World(tmp_path, ["acme", "globex"], str(tmp_path / "part.duckdb"))
    world.sync(SyncOptions(only=("teams",)))
    world.location = str(tmp_path / "all.duckdb")
    command = ["combine", "--accounts", str(world.file), "--warehouse", world.location, "--json"]

    assert main(command) == 0
    first = json.loads(capsys.readouterr().out)["accounts"]
    assert main(command) == 0
    second = json.loads(capsys.readouterr().out)["accounts"]

    assert "raw.teams" in first["acme"]
    assert second == {"acme": [], "globex": []}
    assert world.differences() == []
    assert main([*command, "--account", "initech"]) == ExitCode.USAGE
    assert "initech" in capsys.readouterr().err


def test_killed_in_the_middle_the_next_sync_goes_on(tmp_path):
    world = World(tmp_path, ["acme", "globex", "initech"], str(tmp_path / "all.duckdb"))
    with ExitStack() as servers:
        urls = {n: servers.enter_context(s.serve()) for n, s in world.sandboxes.items()}
        world.file.write_text(
            "\n".join(
                f'[accounts.{name}]\napi_key_env = "KEY"\nbase_url = "{url}"\n'
                for name, url in urls.items()
            )
        )
        command = [COMMAND, "sync", "--accounts", world.file, "--only", "bookings,teams"]
        command += ["--warehouse", world.location, "--json"]
        environment = {**os.environ, "KEY": "cal_sandbox_owner", "HOME": str(tmp_path)}
        process = subprocess.Popen(command, env=environment, cwd=tmp_path)
        while not list(tmp_path.glob("accounts/*.duckdb")):
            assert process.poll() is None, "the sync ended before it was killed"
            time.sleep(0.005)
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == LEFT_BY_KILLS

        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert [one["outcome"] for one in told["accounts"]] == ["proved"] * 3
    with Warehouse.open(world.location, read_only=True) as target:
        assert target.scalar("select count(distinct account) from raw.bookings") == 3
        assert (
            target.scalar(
                "select count(*) from (select account, uid from raw.bookings "
                "group by account, uid having count(*) > 1) as doubles"
            )
            == 0
        )


def test_warehouses_of_one_and_of_many_accounts_are_not_confused(location, tmp_path):
    one = str(tmp_path / "one.duckdb")
    with Warehouse.open(one):
        pass
    with Warehouse.open(location, holds_accounts=True):
        pass

    with pytest.raises(UsageError, match="holds many accounts"):
        Warehouse.open(location)
    with pytest.raises(UsageError, match="holds one account"):
        Warehouse.open(one, holds_accounts=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"needs a table \[accounts.NAME\]"),
        ("[accounts.A]\napi_key = 'x'", "names are of a-z"),
        ("[accounts.a]\napikey = 'x'", "unknown setting 'apikey'"),
        ("[accounts.a]\napi_key = 3", "has to be a str"),
        ("[accounts.a]\norganization_id = true\napi_key = 'x'", "has to be a int"),
        ("[accounts.a]\nbase_url = 'http://x'", "has no api_key"),
        ("[accounts.a]\napi_key_env = 'NO_SUCH'", "NO_SUCH is not set"),
        (f"[accounts.a]\napi_key = '{CANARY}'\n[accounts.b]\napi_key = '{CANARY}'", "credential"),
        ("[accounts.a]\napi_key = 'x'\nwarehouse = 'raw.duckdb'", "name of a schema"),
        ("[accounts.a", "is no TOML"),
    ],
    ids=lambda text: text[:20].replace("\n", " "),
)
def test_file_of_accounts_that_cannot_work_is_refused_without_secrets(tmp_path, text, told):
    file = tmp_path / "accounts.toml"
    file.write_text(text)

    with pytest.raises((ConfigError, CalConfigError), match=told) as raised:
        read_accounts(file, {})

    assert CANARY not in str(raised.value)


def test_account_whose_warehouse_was_never_made_is_left_out(tmp_path):
    world = World(tmp_path, ["acme"], str(tmp_path / "all.duckdb"))
    (account,) = world.accounts()

    with Warehouse.open(world.location, holds_accounts=True) as target:
        assert copy_account(target, account) == []


def test_exit_code_is_the_one_that_asks_most():
    def outcomes(*codes):
        return [AccountOutcome(str(code), code, NOW) for code in codes]

    assert worst([]) is ExitCode.DONE
    assert worst(outcomes(ExitCode.DONE, ExitCode.UNPROVED)) is ExitCode.UNPROVED
    assert worst(outcomes(ExitCode.UNAVAILABLE, ExitCode.HELD)) is ExitCode.UNAVAILABLE
    assert worst(outcomes(ExitCode.FAILED, ExitCode.REFUSED)) is ExitCode.FAILED


def test_lazy_property_of_one_object_does_not_wait_for_that_of_another():
    entered, leave = threading.Event(), threading.Event()

    class Asker:
        def __init__(self, wait):
            self.wait, self.times = wait, 0

        @lazy_property
        def answer(self):
            self.times += 1
            if self.wait:
                entered.set()
                assert leave.wait(20)
            return self.times

    slow, quick = Asker(wait=True), Asker(wait=False)
    threads = [threading.Thread(target=lambda: slow.answer) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert entered.wait(20)

    assert quick.answer == 1

    leave.set()
    for thread in threads:
        thread.join()
    assert slow.answer == slow.times == 1
