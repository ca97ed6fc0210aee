"""What a trigger may be, and the states it goes through; through boto3."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.providers.glue.support import refused
from tests.providers.glue.workflows.stage import condition

pytestmark = pytest.mark.lab

CRAWL = [{"CrawlerName": "tr_c1"}]
INVALID = "InvalidInputException"
NIGHTLY = "cron(0 3 * * ? *)"


@pytest.fixture(scope="module", autouse=True)
def crawlers(glue: Any) -> Iterator[None]:
    names = ("tr_c1", "tr_c2", "tr_c3")
    targets = {"S3Targets": [{"Path": "s3://triggers/"}]}
    for name in names:
        glue.create_crawler(Name=name, Role="r", DatabaseName="d", Targets=targets)
    yield
    for name in names:
        glue.delete_crawler(Name=name)


@pytest.fixture
def create(glue: Any) -> Iterator[Any]:
    """``create("t", "ON_DEMAND", ...)``; what it made is deleted at the end."""
    made: list[str] = []

    def make(name: str, kind: str, **more: Any) -> Any:
        made.append(name)
        given = {"Actions": CRAWL, **more}
        return glue.create_trigger(Name=name, Type=kind, **given)

    yield make
    for name in made:
        glue.delete_trigger(Name=name)


def predicate(*conditions: dict[str, str], **more: str) -> dict[str, Any]:
    return {"Conditions": list(conditions), **more}


GOOD = condition("j1", "SUCCEEDED")
BARE = {"LogicalOperator": "EQUALS"}


@pytest.mark.fidelity("glue_workflows.definitions")
@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("ON_DEMAND", {"Actions": []}, "Actions cannot be null or empty"),
        (
            "ON_DEMAND",
            {"Actions": [{"CrawlerName": f"tr_c{number}"} for number in (1, 2, 3)]},
            "Only 2 crawlers can be activated by a single trigger",
        ),
        (
            "ON_DEMAND",
            {"Actions": [{"CrawlerName": "tr_c1", "JobName": "j"}]},
            "An action must have either a JobName or a CrawlerName",
        ),
        (
            "ON_DEMAND",
            {"StartOnCreation": True},
            "StartOnCreation is not supported for ON_DEMAND triggers",
        ),
        ("SCHEDULED", {}, "Schedule cannot be null or empty"),
        (
            "SCHEDULED",
            {"Schedule": "cron(0 0 * * * *)"},
            "The schedule cron(0 0 * * * *) is invalid.",
        ),
        ("SCHEDULED", {"Schedule": "rate(1 day)"}, "The schedule rate(1 day) is invalid."),
        ("CONDITIONAL", {}, "Predicate cannot be null or empty"),
        (
            "CONDITIONAL",
            {"Predicate": predicate({"JobName": "j1", "State": "SUCCEEDED"})},
            "Logical operator cannot be null or empty",
        ),
        (
            "CONDITIONAL",
            {"Predicate": predicate({"JobName": "j1", **BARE})},
            "State cannot be null or empty",
        ),
        (
            "CONDITIONAL",
            {"Predicate": predicate({"CrawlerName": "tr_c2", "State": "SUCCEEDED", **BARE})},
            "State cannot be null or empty",
        ),
        (
            "CONDITIONAL",
            {"Predicate": predicate(condition("j1", "RUNNING"))},
            "A trigger cannot listen for the state RUNNING, only for SUCCEEDED, STOPPED, FAILED,"
            " TIMEOUT",
        ),
        (
            "CONDITIONAL",
            {"Predicate": predicate(GOOD, condition("j2", "FAILED"))},
            "Logical cannot be null or empty",
        ),
        (
            "CONDITIONAL",
            {"Predicate": predicate({"CrawlerName": "tr_c1", "CrawlState": "FAILED", **BARE})},
            "Crawler cannot be a Predicate and Action for Conditional Trigger.",
        ),
        ("EVENT", {}, "A trigger of type EVENT must be associated with a workflow"),
    ],
)
def test_what_cannot_be_a_trigger(
    glue: Any, create: Any, kind: str, given: dict[str, Any], message: str
) -> None:
    assert refused(lambda: create("tr_bad", kind, **given)) == (INVALID, message)
    assert refused(glue.get_trigger, Name="tr_bad")[0] == "EntityNotFoundException"


@pytest.mark.fidelity("glue_workflows.definitions")
def test_what_is_not_there(glue: Any, create: Any) -> None:
    missing = "EntityNotFoundException"
    expected = (missing, "Crawler with name tr_none does not exist")
    actions = [{"CrawlerName": "tr_none"}]
    assert refused(lambda: create("tr_bad", "ON_DEMAND", Actions=actions)) == expected
    actions = [{"JobName": "tr_none"}]
    assert refused(lambda: create("tr_bad", "ON_DEMAND", Actions=actions))[0] == missing
    expected = (missing, "Entity not found")
    assert refused(lambda: create("tr_bad", "ON_DEMAND", WorkflowName="tr_none")) == expected
    expected = (missing, "Trigger tr_none not found.")
    for call in (glue.get_trigger, glue.start_trigger, glue.stop_trigger):
        assert refused(call, Name="tr_none") == expected
    update = {"Actions": CRAWL}
    assert refused(glue.update_trigger, Name="tr_none", TriggerUpdate=update) == expected
    assert glue.delete_trigger(Name="tr_none")["Name"] == "tr_none"


@pytest.mark.fidelity("glue_workflows.security")
def test_a_security_configuration_is_refused(create: Any) -> None:
    actions = [{"CrawlerName": "tr_c1", "SecurityConfiguration": "s"}]
    assert refused(lambda: create("tr_bad", "ON_DEMAND", Actions=actions)) == (
        "OperationNotSupportedException",
        "Action.SecurityConfiguration is not supported by this lab's Glue, which comes without"
        " security configurations.",
    )


@pytest.mark.fidelity("glue_workflows.definitions")
def test_the_same_trigger_twice(create: Any) -> None:
    assert create("tr_twice", "ON_DEMAND")["Name"] == "tr_twice"
    assert create("tr_twice", "ON_DEMAND")["Name"] == "tr_twice"
    assert refused(lambda: create("tr_twice", "ON_DEMAND", Description="d")) == (
        "IdempotentParameterMismatchException",
        "Trigger with name 'tr_twice' already submitted with different configuration",
    )


@pytest.mark.fidelity("glue_workflows.states")
def test_states(glue: Any, create: Any) -> None:
    def state(name: str = "tr_s") -> str:
        return str(glue.get_trigger(Name=name)["Trigger"]["State"])

    create("tr_s", "SCHEDULED", Schedule=NIGHTLY)
    assert state() == "CREATED"
    not_allowed = "The operation is not allowed when trigger is in state: "
    assert refused(glue.stop_trigger, Name="tr_s") == (INVALID, f"{not_allowed}CREATED")
    glue.start_trigger(Name="tr_s")
    assert state() == "ACTIVATED"
    assert refused(glue.start_trigger, Name="tr_s") == (INVALID, f"{not_allowed}ACTIVATED")
    assert glue.stop_trigger(Name="tr_s")["Name"] == "tr_s"
    assert state() == "DEACTIVATED"
    assert refused(glue.stop_trigger, Name="tr_s") == (INVALID, f"{not_allowed}DEACTIVATED")
    create("tr_a", "CONDITIONAL", StartOnCreation=True, Predicate=predicate(GOOD))
    assert state("tr_a") == "ACTIVATED"
    create("tr_o", "ON_DEMAND")
    assert refused(glue.stop_trigger, Name="tr_o") == (INVALID, f"{not_allowed}CREATED")


@pytest.mark.fidelity("glue_workflows.definitions")
def test_an_update_replaces_the_definition(glue: Any, create: Any) -> None:
    create("tr_u", "SCHEDULED", Schedule=NIGHTLY, Description="old")
    update = {"Schedule": "cron(0 4 * * ? *)", "Actions": [{"CrawlerName": "tr_c2"}]}
    answer = glue.update_trigger(Name="tr_u", TriggerUpdate=update)["Trigger"]
    expected = {"Name": "tr_u", "Type": "SCHEDULED", "State": "CREATED", **update}
    assert answer == expected == glue.get_trigger(Name="tr_u")["Trigger"]
    bad = {**update, "Schedule": "daily"}
    expected_error = (INVALID, "The schedule daily is invalid.")
    assert refused(glue.update_trigger, Name="tr_u", TriggerUpdate=bad) == expected_error


@pytest.mark.fidelity("glue_workflows.definitions")
def test_lists(glue: Any, create: Any) -> None:
    create("tr_l1", "ON_DEMAND", Tags={"team": "lists"})
    create("tr_l2", "ON_DEMAND", Tags={"team": "lists", "n": "2"})
    create("tr_l3", "ON_DEMAND")
    tagged = {"team": "lists"}
    first = glue.list_triggers(Tags=tagged, MaxResults=1)
    assert first["TriggerNames"] == ["tr_l1"]
    more = glue.list_triggers(Tags=tagged, MaxResults=1, NextToken=first["NextToken"])
    assert (more["TriggerNames"], "NextToken" in more) == (["tr_l2"], False)
    every = [one["Name"] for one in glue.get_triggers()["Triggers"]]
    assert {"tr_l1", "tr_l2", "tr_l3"} <= set(every)
    # As AWS says: when no trigger starts the job, all are returned.
    assert glue.list_triggers(DependentJobName="tr_no_job")["TriggerNames"] == every
    answer = glue.batch_get_triggers(TriggerNames=["tr_l3", "tr_none"])
    assert [one["Name"] for one in answer["Triggers"]] == ["tr_l3"]
    assert answer["TriggersNotFound"] == ["tr_none"]
    arn = "arn:aws:glue:us-east-1:000000000000:trigger/tr_l2"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "lists", "n": "2"}


@pytest.mark.fidelity("glue_workflows.definitions")
def test_limits_of_the_model(glue: Any) -> None:
    code, message = refused(glue.create_trigger, Name="t", Type="ON_DEMAND")
    assert code == "ValidationException"
    assert message.endswith("at 'actions' failed to satisfy constraint: Member must not be null")
    condition_ = {"BatchSize": 101}
    given = {"Name": "t", "Type": "EVENT", "Actions": CRAWL}
    _, message = refused(glue.create_trigger, **given, EventBatchingCondition=condition_)
    assert message.endswith("Member must have value less than or equal to 100")
