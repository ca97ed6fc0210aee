"""Every operation of boto3's model is answered, or refused by its name."""

from collections.abc import Callable
from typing import Any

import pytest
from localstack.aws.api import RequestContext, ServiceException

from lab.providers.glue import provider
from tests.providers.glue.support import refused

SERVICE = provider.create_service()
MODEL = SERVICE.skeleton.service
HANDLED = {name for resource in provider.RESOURCES for name in resource.HANDLERS}


def test_all_operations_have_a_handler() -> None:
    assert set(MODEL.operation_names) == set(SERVICE.skeleton.dispatch_table)
    assert set(MODEL.operation_names) >= HANDLED


@pytest.mark.fidelity("glue_catalog.refused")
@pytest.mark.parametrize("name", sorted(set(MODEL.operation_names) - HANDLED))
def test_what_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(ServiceException) as caught:
        SERVICE.skeleton.dispatch_table[name](RequestContext(None), {})
    assert caught.value.code == "OperationNotSupportedException"
    assert caught.value.message.startswith(f"{name} is not supported by this lab's Glue")


@pytest.mark.lab
@pytest.mark.fidelity("glue_catalog.refused")
@pytest.mark.parametrize(
    ("operation", "arguments", "message"),
    [
        (
            "create_session",
            {"Id": "s", "Role": "arn:aws:iam::000000000000:role/glue", "Command": {}},
            "CreateSession is not supported by this lab's Glue, which comes without interactive"
            " sessions.",
        ),
        (
            "list_schemas",
            {},
            "ListSchemas is not supported by this lab's Glue, which comes without the schema"
            " registry.",
        ),
        (
            "create_catalog",
            {"Name": "c", "CatalogInput": {}},
            "CreateCatalog is not supported by this lab's Glue, which comes without catalogs other"
            " than the account's own.",
        ),
    ],
)
def test_through_boto3(
    client: Callable[..., Any], operation: str, arguments: dict[str, Any], message: str
) -> None:
    found = refused(getattr(client("glue"), operation), **arguments)
    assert found == ("OperationNotSupportedException", message)


@pytest.mark.lab
@pytest.mark.fidelity("glue_catalog.refused")
def test_parameters_that_are_not_there(glue: Any, database: str) -> None:
    text = "is not supported by this lab's Glue."
    given = {"Name": "t", "ViewDefinition": {"IsProtected": True}}
    call = glue.create_table
    assert refused(call, DatabaseName=database, TableInput=given) == (
        "OperationNotSupportedException",
        f"TableInput.ViewDefinition {text}",
    )
    where = {"DatabaseName": database, "Name": "t", "QueryAsOfTime": 1}
    expected = ("OperationNotSupportedException", f"QueryAsOfTime {text}")
    assert refused(glue.get_table, **where) == expected
    update = {"UpdateIcebergInput": {"UpdateIcebergTableInput": {"Updates": []}}}
    expected = ("OperationNotSupportedException", f"UpdateOpenTableFormatInput {text}")
    arguments = {"DatabaseName": database, "UpdateOpenTableFormatInput": update}
    assert refused(glue.update_table, **arguments) == expected
