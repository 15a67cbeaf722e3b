"""A workflow that forgets to say that what it imports passes through: a worker with strict restrictions refuses it."""

from temporalio import workflow

from planner import refused


@workflow.defn
class CarelessWorkflow:
    """Does nothing much."""

    @workflow.run
    async def run(self) -> str:
        """How it is told that something has ended."""
        return refused.closed_as("settled").message
