"""What starting a workflow imports anew: the workflow's own module, and nothing that is heavy or not meant."""

import sys
from types import ModuleType

import pytest
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.worker.workflow_sandbox._importer import Importer  # nothing public tells what was imported
from temporalio.worker.workflow_sandbox._restrictions import RestrictionContext

from tests.durable.careless import CarelessWorkflow
from tests.durable.following import STRICT


def imported_anew(module: str) -> set[str]:
    """The modules that the sandbox executes again to import a workflow's module."""
    importer = Importer(SandboxRestrictions.default, RestrictionContext(), workflow_module_name=module)
    with importer.applied():
        __import__(module)
    return {
        name
        for name, found in importer.new_modules.items()
        if type(found) is ModuleType and name != "__main__" and found is not sys.modules.get(name)
    }


def test_a_start_imports_the_workflow_alone() -> None:
    assert imported_anew("workflows.transition") == {"workflows", "workflows.attributes", "workflows.transition"}
    assert imported_anew("workflows.visit") == {"workflows", "workflows.visit"}


def test_the_count_would_see_what_is_forgotten() -> None:
    assert "planner.refused" in imported_anew("tests.durable.careless")


async def test_what_is_not_passed_through_on_purpose_is_an_error(temporal: Client) -> None:
    with pytest.raises(RuntimeError) as error:
        Worker(
            temporal,
            task_queue="careless",
            workflows=[CarelessWorkflow],
            workflow_runner=SandboxedWorkflowRunner(STRICT),
        )
    assert "not intentionally passed through" in str(error.value.__cause__)
