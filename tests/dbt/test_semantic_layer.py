"""dbt's own validator reads the semantic layer that an export writes."""

from __future__ import annotations

import json
import subprocess

import pytest

from pipelines.cli.main import main
from pipelines.models import project_folder
from transforms import Project

pytestmark = pytest.mark.timeout(600)  # the first one makes the environment
VALIDATE = """
import json, sys
from dbt_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest as M
from dbt_semantic_interfaces.validations import semantic_manifest_validator as validator
manifest = M.parse_file(sys.argv[1])
found = validator.SemanticManifestValidator[M]().validate_semantic_manifest(manifest)
issues = [issue.as_readable_str() for issue in found.all_issues]
metrics = {metric.name: metric.type.value for metric in manifest.metrics}
json.dump({"metrics": metrics, "issues": issues}, sys.stdout)
"""


def test_dbt_semantic_interfaces_finds_every_metric_and_no_fault(dbt_program, tmp_path):
    folder = tmp_path / "dbt"
    assert main(["export", "dbt", str(folder), "--target", "duckdb"]) == 0
    settings = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "DBT_DUCKDB_PATH": str(tmp_path / "none.duckdb"),
    }

    def run(*command):
        done = subprocess.run(
            command, cwd=folder, env=settings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(dbt_program, "parse", "--profiles-dir", ".")
    python = dbt_program.with_name("python")
    told = json.loads(run(python, "-c", VALIDATE, "target/semantic_manifest.json"))

    ours = Project.load(project_folder()).metrics.metrics
    assert told["issues"] == []
    assert {name: told["metrics"].get(name) for name in ours} == {
        name: None if not m.time else "ratio" if m.denominator else "simple"
        for name, m in ours.items()
    }
