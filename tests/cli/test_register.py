"""A Temporal made ready from the command line: its namespace and search attributes, once or again."""

from uuid import uuid4

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from tests.cli.driving import alongside
from workers.client import missing_search_attributes, wanted_search_attributes
from workers.ports import free_port


@pytest.fixture
def namespace(temporal: Client, database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a namespace that nobody has made, found through the environment."""
    name = f"made-{uuid4()}"
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", name)
    return name


async def test_what_is_missing_is_made_once(temporal: Client, namespace: str) -> None:
    first = await alongside("register", "--retention-days", "30")
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith(f"Made the namespace {namespace}; registered ")
    assert all(name in first.out for name in wanted_search_attributes())
    described = await temporal.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta().days == 30
    there = Client(temporal.service_client, namespace=namespace)
    assert await missing_search_attributes(there) == {}

    again = await alongside("register")
    assert again == (0, f"The namespace {namespace} is there; every search attribute is registered.\n", "")


async def test_where_no_temporal_answers_it_says_so(namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    ended = await alongside("register", "--patience", "0")
    assert ended.code == 1
    assert ended.err.startswith("Temporal does not answer at 127.0.0.1:")


@pytest.mark.parametrize("option", [["--retention-days", "0"], ["--retention-days", "x"], ["--patience", "-1"]])
async def test_an_impossible_option_is_refused(namespace: str, option: list[str]) -> None:
    ended = await alongside("register", *option)
    assert (ended.code, option[0] in ended.err) == (2, True)
