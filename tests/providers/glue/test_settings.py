"""What concerns the catalogue as a whole: policies, encryption settings, itself."""

import json
from typing import Any

import pytest

from tests.providers.glue.support import refused

pytestmark = pytest.mark.lab
ARN = "arn:aws:glue:us-east-1:000000000000:catalog"
UNMET = "ConditionCheckFailureException"


def policy(effect: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect}]})


@pytest.mark.fidelity("glue_catalog.policies")
def test_life_of_a_policy(glue: Any) -> None:
    missing = ("EntityNotFoundException", "Policy not found")
    put = glue.put_resource_policy
    assert refused(glue.get_resource_policy) == missing
    assert refused(put, PolicyInJson=policy("Deny"), PolicyExistsCondition="MUST_EXIST") == (
        UNMET,
        "Policy does not exist.",
    )
    digest = put(PolicyInJson=policy("Deny"), PolicyExistsCondition="NOT_EXIST")["PolicyHash"]
    found = glue.get_resource_policy(ResourceArn=ARN)
    assert (found["PolicyInJson"], found["PolicyHash"]) == (policy("Deny"), digest)
    assert refused(put, PolicyInJson=policy("Deny"), PolicyExistsCondition="NOT_EXIST") == (
        UNMET,
        "Policy already exists.",
    )
    changed = put(PolicyInJson=policy("Allow"), PolicyHashCondition=digest)["PolicyHash"]
    assert changed != digest
    stale = (UNMET, "Policy hash condition not met.")
    assert refused(put, PolicyInJson=policy("Deny"), PolicyHashCondition=digest) == stale
    listed = glue.get_resource_policies()["GetResourcePoliciesResponseList"]
    assert [one["PolicyHash"] for one in listed] == [changed]
    assert refused(glue.delete_resource_policy, PolicyHashCondition=digest) == stale
    glue.delete_resource_policy(PolicyHashCondition=changed)
    assert refused(glue.delete_resource_policy) == missing
    expected = ("InvalidInputException", "Policy is not valid JSON.")
    assert refused(put, PolicyInJson="{nothing") == expected


@pytest.mark.fidelity("glue_catalog.encryption")
def test_encryption_settings(glue: Any) -> None:
    read = glue.get_data_catalog_encryption_settings
    off = {
        "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
        "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
    }
    assert read()["DataCatalogEncryptionSettings"] == off
    on = {"EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "k"}}
    glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings=on)
    assert read()["DataCatalogEncryptionSettings"] == {**off, **on}
    glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings=off)
    assert read()["DataCatalogEncryptionSettings"] == off


@pytest.mark.fidelity("glue_catalog.catalogs")
def test_the_account_has_one_catalog(glue: Any) -> None:
    found = glue.get_catalog(CatalogId="000000000000")["Catalog"]
    assert (found["CatalogId"], found["ResourceArn"]) == ("000000000000", ARN)
    assert glue.get_catalogs()["CatalogList"] == []
    assert glue.get_catalogs(IncludeRoot=True)["CatalogList"] == [found]
    assert glue.get_catalog_import_status()["ImportStatus"]["ImportCompleted"] is True
    glue.import_catalog_to_glue()
