"""The README says what is so: its commands run, its tables and codes are the code's."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli.arguments import build_parser
from tests.docs.generated import README, rendered

REPOSITORY = README.parent
BIN = Path(sys.executable).parent
NOT_RUN_HERE = {
    "make setup": "installs the environment that this test runs in",
    "make check": "is the other half of CI",
    "make test": "would run this test",
    "make bench": "measures for minutes",
    "make soak": "runs for half an hour",
}


def shell_blocks():
    return re.findall(r"```sh\n(.*?)```", README.read_text(), flags=re.DOTALL)


def commands():
    return [line for block in shell_blocks() for line in block.splitlines() if line.strip()]


def test_readme_is_generated_where_it_repeats_the_code():
    text = README.read_text()

    assert rendered(text) == text, "run python -m tests.docs.generated"


def test_readme_names_every_command_and_option():
    text = README.read_text()
    parser = build_parser()
    (subparsers,) = [a for a in parser._actions if hasattr(a, "choices") and a.choices]
    for name, command in subparsers.choices.items():
        assert f"`cal-warehouse {name}`" in text
        for action in command._actions:
            for option in action.option_strings:
                if option.startswith("--") and option != "--help" and name != "demo":
                    assert option in text, f"{name} {option}"


def test_readme_names_every_environment_variable_and_exists_in_code():
    named = set(re.findall(r"`(CAL_[A-Z0-9_]+)`", README.read_text()))

    assert named == {"CAL_API_KEY", "CAL_BASE_URL", "CAL_ORG_ID", "CAL_V1_BASE_URL"}


def test_every_command_of_the_readme_is_run_by_these_tests():
    mine = {"make demo", *NOT_RUN_HERE, *ACCOUNT_COMMANDS, *SANDBOX_COMMANDS}

    assert set(commands()) - {"export CAL_API_KEY=cal_live_…"} == mine


ACCOUNT_COMMANDS = ["cal-warehouse run", "cal-warehouse doctor", "cal-warehouse report"]
SANDBOX_ACCOUNT = "CAL_API_KEY=cal_sandbox_owner CAL_BASE_URL=http://127.0.0.1:5599"
SANDBOX_COMMANDS = [
    "cal-warehouse sandbox --bookings 500 --port 5599",
    f"{SANDBOX_ACCOUNT} cal-warehouse sync",
    f"{SANDBOX_ACCOUNT} cal-warehouse call list_event_types",
]


def shell(command, folder, **settings):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(folder),
            "DLT_DATA_DIR": str(folder),  # dlt's state of another run must not be found
            "LANG": "C.UTF-8",
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_commands_for_an_account_run_in_order(small_sandbox, tmp_path):
    with small_sandbox.serve() as url:
        for command in ACCOUNT_COMMANDS:
            shell(command, tmp_path, CAL_API_KEY="cal_sandbox_owner", CAL_BASE_URL=url)

    assert (tmp_path / "report.html").exists()


def test_commands_with_the_sandbox_run_in_order(tmp_path):
    serve, sync, call = SANDBOX_COMMANDS
    process = subprocess.Popen(
        [BIN / serve.split()[0], *serve.split()[1:]],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready http://127.0.0.1:5599\n"
        assert "proved" in shell(sync, tmp_path)
        assert "records" in shell(call, tmp_path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_make_demo_runs(tmp_path):
    if not (REPOSITORY / ".venv" / ".runtime").exists():
        pytest.skip("needs the virtual environment that make sets up; run 'make test'")

    try:
        output = shell(f"make -C {REPOSITORY} demo", tmp_path)
    finally:
        shutil.rmtree(REPOSITORY / "demo", ignore_errors=True)

    assert "report.html" in output
    assert "proved" in output


@pytest.mark.parametrize("command", NOT_RUN_HERE)
def test_make_targets_exist(command, tmp_path):
    shell(f"make -C {REPOSITORY} --dry-run {command.removeprefix('make ')}", tmp_path)


def test_python_example_runs_as_it_stands(small_sandbox, tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)

    with small_sandbox.serve() as url:
        (tmp_path / "example.py").write_text(example)
        shell("python example.py", tmp_path, CAL_API_KEY="cal_sandbox_owner", CAL_BASE_URL=url)

    assert (tmp_path / "cal_com.duckdb").exists()
