"""`cal-warehouse transform --lint`: SQL that is not the same on every engine."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pipelines.exit_codes import ExitCode
from pipelines.models import project_folder
from transforms import Project
from transforms.lint import lint

if TYPE_CHECKING:
    from pipelines.cli.output import Output


def run_model_lint(output: Output) -> int:
    """Show what keeps the models from being portable, with place and mend."""
    project = Project.load(project_folder())
    problems = lint(project)
    for problem in problems:
        output.say(str(problem))
    if not problems:
        output.say(f"{len(project.models)} models are the same on every engine.")
    output.result({"ok": not problems, "problems": [asdict(problem) for problem in problems]})
    return ExitCode.CHECK_FAILED if problems else ExitCode.DONE
