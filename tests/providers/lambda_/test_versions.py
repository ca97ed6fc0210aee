"""Versions, aliases and layers: what is frozen, what points where, what is laid over what."""

import io
import json
import zipfile
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.lambda_.functions import Functions, archive

pytestmark = pytest.mark.lab

VERSION = "def handler(event, context):\n    return context.function_version\n"
STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the "
    "GetFunction/GetAlias API to retrieve the latest Revision Id"
)
ARN = "arn:aws:lambda:us-east-1:000000000000:function"


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def change(functions: Functions, name: str, source: str) -> None:
    functions.client.update_function_code(FunctionName=name, ZipFile=archive(source))
    functions.wait(name, "function_updated_v2")


@pytest.fixture
def two_versions(functions: Functions) -> str:
    """A function with the versions 1 and 2."""
    name = functions.create(VERSION, Publish=True)
    change(functions, name, VERSION + "\n")
    functions.client.publish_version(FunctionName=name)
    return name


@pytest.mark.fidelity("lambda.versions")
def test_publishing_without_a_change_gives_the_same_version(functions: Functions) -> None:
    name, client = functions.create(VERSION), functions.client
    first = client.publish_version(FunctionName=name, Description="one")
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{ARN}:{name}:1")
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    change(functions, name, VERSION + "\n")
    assert client.publish_version(FunctionName=name)["Version"] == "2"
    listed = client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1", "2"]
    assert functions.invoke(name, Qualifier="1").payload == "1"


@pytest.mark.fidelity("lambda.versions")
def test_publishing_is_refused_when_the_code_or_revision_is_another(functions: Functions) -> None:
    name, client = functions.create(VERSION), functions.client
    current = client.get_function_configuration(FunctionName=name)["CodeSha256"]
    with pytest.raises(ClientError) as caught:
        client.publish_version(FunctionName=name, CodeSha256="x")
    assert error_of(caught) == (
        "InvalidParameterValueException",
        f"CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({current}). Please try "
        "again with the CodeSHA256 in $LATEST.",
    )
    calls: list[tuple[Any, dict[str, Any]]] = [
        (client.publish_version, {}),
        (client.update_function_configuration, {"Timeout": 5}),
        (client.update_function_code, {"ZipFile": archive(VERSION)}),
    ]
    for call, options in calls:
        with pytest.raises(ClientError) as caught:
            call(FunctionName=name, RevisionId="stale", **options)
        assert error_of(caught) == ("PreconditionFailedException", STALE)


@pytest.mark.fidelity("lambda.aliases")
def test_alias_runs_the_version_that_it_names(functions: Functions, two_versions: str) -> None:
    client, alias = functions.client, {"FunctionName": two_versions, "Name": "live"}
    made = client.create_alias(**alias, FunctionVersion="1")
    assert made["AliasArn"] == f"{ARN}:{two_versions}:live"
    answer = client.invoke(FunctionName=made["AliasArn"])
    assert (answer["ExecutedVersion"], json.loads(answer["Payload"].read())) == ("1", "1")
    with pytest.raises(ClientError) as caught:
        client.update_alias(**alias, FunctionVersion="2", RevisionId="stale")
    assert error_of(caught) == ("PreconditionFailedException", STALE)
    client.update_alias(**alias, FunctionVersion="2", RevisionId=made["RevisionId"])
    assert functions.invoke(two_versions, Qualifier="live").payload == "2"
    with pytest.raises(ClientError) as caught:
        client.create_alias(**alias, FunctionVersion="1")
    message = f"Alias already exists: {made['AliasArn']}"
    assert error_of(caught) == ("ResourceConflictException", message)
    client.delete_alias(**alias)
    with pytest.raises(ClientError) as caught:
        client.get_alias(**alias)
    message = f"Cannot find alias arn: {made['AliasArn']}"
    assert error_of(caught) == ("ResourceNotFoundException", message)


@pytest.mark.fidelity("lambda.aliases")
@pytest.mark.parametrize("way", ["created", "updated"])
def test_alias_divides_invocations_by_weight(
    functions: Functions, two_versions: str, way: str
) -> None:
    client, alias = functions.client, {"FunctionName": two_versions, "Name": "canary"}
    routing = {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.3}}}
    if way == "created":
        client.create_alias(**alias, FunctionVersion="1", **routing)
    else:
        client.create_alias(**alias, FunctionVersion="1")
        client.update_alias(**alias, **routing)
    seen: Counter[str] = Counter()
    for _ in range(200):
        answer = client.invoke(FunctionName=two_versions, Qualifier="canary")
        assert json.loads(answer["Payload"].read()) == answer["ExecutedVersion"]
        seen[answer["ExecutedVersion"]] += 1
    # 60 are expected. One time in 10 million a true generator is further from it than this.
    assert 25 <= seen["2"] <= 97
    assert seen["1"] == 200 - seen["2"]


WRONG_WEIGHTS = [
    (
        {"1": 0.5},
        "InvalidParameterValueException",
        "Invalid function version 1. Function version 1 is already included in routing "
        "configuration.",
    ),
    (
        {"9": 0.5},
        "ResourceNotFoundException",
        "Function not found: {arn}:9",
    ),
    (
        {"1": 0.1, "2": 0.1},
        "InvalidParameterValueException",
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ),
]


@pytest.mark.fidelity("lambda.aliases")
@pytest.mark.parametrize(("weights", "code", "message"), WRONG_WEIGHTS)
def test_weights_are_refused(
    functions: Functions, two_versions: str, weights: dict[str, float], code: str, message: str
) -> None:
    client, alias = functions.client, {"FunctionName": two_versions, "Name": "live"}
    routing = {"AdditionalVersionWeights": weights}
    with pytest.raises(ClientError) as created:
        client.create_alias(**alias, FunctionVersion="1", RoutingConfig=routing)
    client.create_alias(**alias, FunctionVersion="1")
    with pytest.raises(ClientError) as updated:
        client.update_alias(**alias, RoutingConfig=routing)
    wanted = (code, message.format(arn=f"{ARN}:{two_versions}"))
    assert [error_of(created), error_of(updated)] == [wanted, wanted]


@pytest.mark.fidelity("lambda.names")
def test_function_is_named_in_every_form(functions: Functions, two_versions: str) -> None:
    forms = [
        two_versions,
        f"function:{two_versions}",
        f"000000000000:function:{two_versions}",
        f"{ARN}:{two_versions}",
    ]
    for form in forms:
        assert functions.invoke(form).payload == "$LATEST"
        assert functions.invoke(f"{form}:1").payload == "1"
        assert functions.invoke(form, Qualifier="2").payload == "2"
    with pytest.raises(ClientError) as caught:
        functions.invoke(f"{ARN}:{two_versions}:1", Qualifier="2")
    assert error_of(caught) == (
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    )
    with pytest.raises(ClientError) as caught:
        functions.invoke(two_versions, Qualifier="9")
    message = f"Function not found: {ARN}:{two_versions}:9"
    assert error_of(caught) == ("ResourceNotFoundException", message)


def layer(functions: Functions, name: str, files: dict[str, str]) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for path, text in files.items():
            file.writestr(path, text)
    published = functions.client.publish_layer_version(
        LayerName=name, Content={"ZipFile": content.getvalue()}
    )
    return str(published["LayerVersionArn"])


@pytest.mark.fidelity("lambda.layers")
def test_both_folders_of_modules_are_on_the_path(functions: Functions) -> None:
    site = "python/lib/python3.13/site-packages/deep.py"
    arn = layer(functions, "folders", {"python/flat.py": "A = 1", site: "B = 2", "data.txt": "3"})
    source = (
        "import deep, flat\n"
        "def handler(event, context):\n"
        "    with open('/opt/data.txt') as data:\n"
        "        return [flat.A, deep.B, data.read()]\n"
    )
    assert functions.run(source, Layers=[arn]).payload == [1, 2, "3"]


@pytest.mark.fidelity("lambda.layers")
def test_layers_are_limited_in_number_and_version(functions: Functions) -> None:
    arns = [layer(functions, f"many{n}", {"python/x.py": ""}) for n in range(6)]
    with pytest.raises(ClientError) as caught:
        functions.create(VERSION, Layers=arns)
    message = "Cannot reference more than 5 layers."
    assert error_of(caught) == ("InvalidParameterValueException", message)
    again = layer(functions, "many0", {"python/x.py": "X"})
    with pytest.raises(ClientError) as caught:
        functions.create(VERSION, Layers=[arns[0], again])
    assert error_of(caught) == (
        "InvalidParameterValueException",
        "Two different versions of the same layer are not allowed to be referenced in the same "
        f"function. {arns[0]} and {again} are versions of the same layer.",
    )
    with pytest.raises(ClientError) as caught:
        functions.create(VERSION, Layers=[f"{arns[0]}9"])
    message = f"Layer version {arns[0]}9 does not exist."
    assert error_of(caught) == ("InvalidParameterValueException", message)


@pytest.mark.fidelity("lambda.layers")
def test_code_and_layers_share_250_megabytes(functions: Functions) -> None:
    half = "\0" * (130 * 1024 * 1024)
    arns = [layer(functions, f"large{n}", {"data": half}) for n in range(2)]
    name = functions.create(VERSION, Layers=arns[:1])
    size = 2 * len(half) + len(VERSION)
    message = (
        "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
        f"The actual size is {size} bytes."
    )
    with pytest.raises(ClientError) as created:
        functions.create(VERSION, Layers=arns)
    with pytest.raises(ClientError) as changed:
        functions.client.update_function_configuration(FunctionName=name, Layers=arns)
    for caught in (created, changed):
        assert error_of(caught) == ("InvalidParameterValueException", message)
