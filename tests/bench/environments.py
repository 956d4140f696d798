"""Virtual environments for what cannot be installed beside cal-warehouse, kept in `.bench/`."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CACHE: Final = REPOSITORY / ".bench"
_OURS: Final = ("cal_source", "pipelines", "transforms", "tests/bench")
_PACKAGES: Final = {
    "dlt": ("dlt[duckdb,postgres]==1.31.0", "duckdb==1.5.5", "pyarrow==26.0.1"),
    "airbyte-cdk": ("airbyte-cdk==7.39.1",),
    "pyairbyte": ("airbyte==0.71.3",),
    "py-spy": ("py-spy==0.4.3",),
}


class EnvironmentFailed(Exception):  # noqa: N818 - it is what happened
    """An environment could not be made; the message says what pip said."""


def environment_bin(name: str) -> Path:
    """Return the folder of an environment's programs, making the environment where it is missing.

    Raises:
        EnvironmentFailed: Its packages do not install here.
    """
    folder, packages = CACHE / name, _PACKAGES[name]
    mark = folder / "installed.txt"
    if not mark.exists() or mark.read_text() != "\n".join(packages):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", *packages]
        done = subprocess.run(pip, check=False, capture_output=True, text=True, env=os.environ)
        if done.returncode != 0:
            msg = f"pip install {' '.join(packages)}: {done.stderr.strip().splitlines()[-1]}"
            raise EnvironmentFailed(msg)
        mark.write_text("\n".join(packages))
    return folder / "bin"


def compile_ours() -> None:
    """Compile what our own programs import, as installers do; some leave it to the first start."""
    folders = [sysconfig.get_path("purelib"), *(str(REPOSITORY / name) for name in _OURS)]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *folders], check=False)


def versions_of(name: str) -> dict[str, str]:
    """Return the versions that an environment was made with."""
    return dict(package.split("==") for package in _PACKAGES[name])
