"""`cal-warehouse transform --lint`: what is wrong with the models, and what is not portable."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pipelines.exit_codes import ExitCode
from pipelines.models import project_folder
from transforms import Project, ProjectError

if TYPE_CHECKING:
    from pipelines.cli.output import Output


def run_model_lint(output: Output) -> int:
    """Show what keeps the models from being built, and built everywhere, with place and mend."""
    try:
        project = Project.load(project_folder(), portable=True)
    except ProjectError as error:
        for problem in error.problems:
            output.say(str(problem))
        output.result({"ok": False, "problems": [asdict(problem) for problem in error.problems]})
        return ExitCode.CHECK_FAILED
    output.say(f"{len(project.models)} models are the same on every engine.")
    output.result({"ok": True, "problems": []})
    return ExitCode.DONE
