"""How many invocations run at once: reserved, provisioned, and the account's quota."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.lambda_.functions import Functions, eventually

pytestmark = pytest.mark.lab

SLEEP = "import time\ndef handler(event, context):\n    time.sleep(event)\n"
KIND = (
    "import os\nKIND = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
    "def handler(event, context):\n    return KIND\n"
)
NOTHING = "def handler(event, context):\n    pass\n"


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def reserve(functions: Functions, name: str, number: int) -> None:
    functions.client.put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=number
    )


def assert_throttled(caught: pytest.ExceptionInfo[ClientError]) -> None:
    assert error_of(caught) == ("TooManyRequestsException", "Rate Exceeded.")
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["Type"] == "User"


@pytest.mark.fidelity("lambda.reserved_concurrency")
def test_reserved_concurrency_is_used_up(functions: Functions) -> None:
    name = functions.create(SLEEP)
    reserve(functions, name, 1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(functions.invoke, name, 2)
        functions.messages(name, "INIT_START")
        with pytest.raises(ClientError) as caught:
            functions.invoke(name, 0)
        assert running.result().error is None
    assert_throttled(caught)
    assert functions.invoke(name, 0).error is None


@pytest.mark.fidelity("lambda.reserved_concurrency")
def test_no_concurrency_stops_a_function_until_it_is_given_back(functions: Functions) -> None:
    name = functions.create(NOTHING)
    reserve(functions, name, 0)
    assert functions.client.get_function(FunctionName=name)["Concurrency"] == {
        "ReservedConcurrentExecutions": 0
    }
    with pytest.raises(ClientError) as caught:
        functions.invoke(name)
    assert_throttled(caught)
    functions.client.delete_function_concurrency(FunctionName=name)
    assert "Concurrency" not in functions.client.get_function(FunctionName=name)
    assert functions.invoke(name).error is None


@pytest.mark.fidelity("lambda.account_concurrency")
def test_account_has_1000_and_keeps_100_unreserved(functions: Functions) -> None:
    name = functions.create(NOTHING)

    def free() -> int:
        limit = functions.client.get_account_settings()["AccountLimit"]
        assert limit["ConcurrentExecutions"] == 1000
        return int(limit["UnreservedConcurrentExecutions"])

    before = free()
    reserve(functions, name, 7)
    assert free() == before - 7
    with pytest.raises(ClientError) as caught:
        reserve(functions, name, before - 99)
    assert error_of(caught) == (
        "InvalidParameterValueException",
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].",
    )
    reserve(functions, name, before - 100)
    functions.client.delete_function_concurrency(FunctionName=name)
    assert free() == before


@pytest.mark.fidelity("lambda.account_concurrency")
def test_settings_tell_the_quotas_of_code(functions: Functions) -> None:
    limit = functions.client.get_account_settings()["AccountLimit"]
    assert limit["TotalCodeSize"] == 80530636800
    assert limit["CodeSizeUnzipped"] == 262144000
    assert limit["CodeSizeZipped"] == 52428800


def test_concurrency_of_an_absent_function(functions: Functions) -> None:
    with pytest.raises(ClientError) as caught:
        functions.client.delete_function_concurrency(FunctionName="absent")
    assert error_of(caught) == (
        "ResourceNotFoundException",
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent",
    )


def provision(functions: Functions, name: str, qualifier: str, number: int = 1) -> dict[str, Any]:
    answer: dict[str, Any] = functions.client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=number
    )
    return answer


def wait_provisioned(functions: Functions, name: str, qualifier: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        state: dict[str, Any] = functions.client.get_provisioned_concurrency_config(
            FunctionName=name, Qualifier=qualifier
        )
        return state if state["Status"] != "IN_PROGRESS" else None

    found = eventually(look)
    assert found is not None
    return found


@pytest.mark.fidelity("lambda.provisioned_concurrency")
@pytest.mark.parametrize("qualifier", ["1", "live"])
def test_provisioned_environment_is_initialised_before_it_is_invoked(
    functions: Functions, qualifier: str
) -> None:
    name = functions.create(KIND, Publish=True)
    functions.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    begun = provision(functions, name, qualifier)
    assert (begun["Status"], begun["AvailableProvisionedConcurrentExecutions"]) == (
        "IN_PROGRESS",
        0,
    )
    state = wait_provisioned(functions, name, qualifier)
    assert state["Status"] == "READY"
    assert state["RequestedProvisionedConcurrentExecutions"] == 1
    assert state["AllocatedProvisionedConcurrentExecutions"] == 1
    assert state["AvailableProvisionedConcurrentExecutions"] == 1
    outcome = functions.invoke(name, Qualifier=qualifier)
    assert outcome.payload == "provisioned-concurrency"
    functions.client.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    with pytest.raises(ClientError) as caught:
        wait_provisioned(functions, name, qualifier)
    assert error_of(caught) == (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    )


@pytest.mark.fidelity("lambda.provisioned_concurrency")
def test_provisioned_concurrency_is_changed_before_it_is_ready(functions: Functions) -> None:
    name = functions.create(KIND, Publish=True)
    provision(functions, name, "1", 1)
    provision(functions, name, "1", 2)
    state = wait_provisioned(functions, name, "1")
    assert (state["Status"], state["AvailableProvisionedConcurrentExecutions"]) == ("READY", 2)


@pytest.mark.fidelity("lambda.provisioned_concurrency")
def test_function_that_cannot_be_initialised_is_not_provisioned(functions: Functions) -> None:
    name = functions.create("1 / 0\n", Publish=True)
    provision(functions, name, "1")
    state = wait_provisioned(functions, name, "1")
    assert (state["Status"], state["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    assert state["AvailableProvisionedConcurrentExecutions"] == 0


REFUSED = [
    (
        "$LATEST",
        1,
        "InvalidParameterValueException",
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    ),
    (
        "1",
        4,
        "InvalidParameterValueException",
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function",
    ),
    (
        "live",
        1,
        "ResourceNotFoundException",
        "Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:{name}:live",
    ),
]


@pytest.mark.fidelity("lambda.provisioned_concurrency")
@pytest.mark.parametrize(("qualifier", "number", "code", "message"), REFUSED)
def test_provisioned_concurrency_is_refused(
    functions: Functions, qualifier: str, number: int, code: str, message: str
) -> None:
    name = functions.create(NOTHING, Publish=True)
    reserve(functions, name, 3)
    with pytest.raises(ClientError) as caught:
        provision(functions, name, qualifier, number)
    assert error_of(caught) == (code, message.format(name=name))


@pytest.mark.fidelity("lambda.provisioned_limit")
def test_provisioned_concurrency_is_limited_to_what_a_machine_bears(functions: Functions) -> None:
    name = functions.create(NOTHING, Publish=True)
    with pytest.raises(ClientError) as caught:
        provision(functions, name, "1", 101)
    code, message = error_of(caught)
    assert code == "InvalidParameterValueException"
    assert message.startswith(
        "Value 101 at 'provisionedConcurrentExecutions' is not supported by this lab: all "
        "functions together have 100 provisioned environments at most, and "
    )
