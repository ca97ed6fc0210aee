"""User-defined functions."""

from typing import Any

import pytest

from tests.providers.glue.support import refused

pytestmark = pytest.mark.lab


@pytest.mark.fidelity("glue_catalog.functions")
def test_life_of_a_function(glue: Any, database: str) -> None:
    where = {"DatabaseName": database, "FunctionName": "f_One"}
    uris = [{"ResourceType": "JAR", "Uri": "s3://b/x.jar"}]
    given = {"FunctionName": "F_One", "ClassName": "a.B", "OwnerType": "USER", "ResourceUris": uris}
    glue.create_user_defined_function(DatabaseName=database, FunctionInput=given)
    found = glue.get_user_defined_function(**where)["UserDefinedFunction"]
    created = found.pop("CreateTime")
    kept = {"FunctionName": "f_one", "DatabaseName": database, "CatalogId": "000000000000"}
    assert found == {**given, **kept}
    expected = ("AlreadyExistsException", "Function already exists.")
    call = glue.create_user_defined_function
    assert refused(call, DatabaseName=database, FunctionInput=given) == expected
    glue.update_user_defined_function(**where, FunctionInput={**given, "ClassName": "a.C"})
    changed = glue.get_user_defined_function(**where)["UserDefinedFunction"]
    assert (changed["ClassName"], changed["CreateTime"]) == ("a.C", created)
    glue.delete_user_defined_function(**where)
    missing = ("EntityNotFoundException", "Cannot find function.")
    assert refused(glue.get_user_defined_function, **where) == missing
    assert refused(glue.delete_user_defined_function, **where) == missing
    assert refused(glue.update_user_defined_function, **where, FunctionInput=given) == missing


@pytest.mark.fidelity("glue_catalog.functions")
def test_functions_by_a_pattern(glue: Any, database: str) -> None:
    for name in ("trino__a__1", "trino__b__1", "other"):
        given = {"FunctionName": name, "ClassName": "c"}
        glue.create_user_defined_function(DatabaseName=database, FunctionInput=given)

    def names(**arguments: Any) -> list[str]:
        found = glue.get_user_defined_functions(**arguments)["UserDefinedFunctions"]
        return [one["FunctionName"] for one in found]

    assert names(DatabaseName=database, Pattern="trino__.*") == ["trino__a__1", "trino__b__1"]
    assert names(DatabaseName=database, Pattern="*") == ["other", "trino__a__1", "trino__b__1"]
    assert names(Pattern="trino__b*") == ["trino__b__1"]
    assert refused(glue.get_user_defined_functions, DatabaseName="nope", Pattern="*") == (
        "EntityNotFoundException",
        "Database nope not found.",
    )
