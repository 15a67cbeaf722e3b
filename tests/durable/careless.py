"""Workflows that forget something: that what they import passes through, and how to say where a journey stands."""

import asyncio

from temporalio import workflow

from planner import refused


@workflow.defn
class CarelessWorkflow:
    """Does nothing much."""

    @workflow.run
    async def run(self) -> str:
        """How it is told that something has ended."""
        return refused.closed_as("settled").message


@workflow.defn(name="TransitionWorkflow")
class SleepyWorkflow:
    """Another build's journey: it begins with what ours does not do."""

    @workflow.run
    async def run(self, _given: dict[str, object]) -> None:
        """Go on for a day."""
        await asyncio.sleep(86_400)


@workflow.defn(name="VisitWorkflow")
class SleepyVisit:
    """Another build's visit: it begins with what ours does not do."""

    @workflow.run
    async def run(self, _given: dict[str, object]) -> None:
        """Go on for a day."""
        await asyncio.sleep(86_400)


@workflow.defn(name="TransitionWorkflow")
class MuteWorkflow:
    """Another build's idea of a journey: it runs, and cannot answer what ours is asked."""

    @workflow.run
    async def run(self, _given: dict[str, object]) -> None:
        """Go on for ever."""
        await workflow.wait_condition(lambda: False)
