"""``DescribeMapRun``, ``ListMapRuns`` and ``UpdateMapRun``: of what runs, and of what has ended."""

from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.stepfunctions import InvalidToken, ResourceNotFound, ValidationException
from localstack.services.stepfunctions.provider import StepFunctionsProvider

from lab.providers.pages import place_of, token_of
from lab.providers.stepfunctions import map_run
from lab.providers.stepfunctions.database import Database
from lab.providers.stepfunctions.models import Answer, moment


class MapRuns(StepFunctionsProvider):
    """The operations of Map runs."""

    database: Database

    def _map_run(self, arn: str) -> Answer:
        live = map_run.LIVE.get(arn)
        found = map_run.describe(live) if live else self.database.map_run(arn)
        if found is None:
            raise ResourceNotFound(f"Resource not found: '{arn}'")
        return found

    @handler("DescribeMapRun", expand=False)
    def describe_map_run(self, _context: RequestContext, request: Any) -> Any:
        found = self._map_run(request["mapRunArn"])
        del found["stateMachineArn"]
        dates = {key: moment(found[key]) for key in ("startDate", "stopDate") if key in found}
        return {**found, **dates}

    @handler("ListMapRuns", expand=False)
    def list_map_runs(self, _context: RequestContext, request: Any) -> Any:
        arn = request["executionArn"]
        self._validate_state_machine_execution_arn(arn)
        first = place_of(request.get("nextToken"), _invalid)
        limit = request.get("maxResults") or 100
        found = self.database.map_runs(arn)
        keys = ("executionArn", "mapRunArn", "stateMachineArn")
        answer: Answer = {
            "mapRuns": [
                {key: record[key] for key in keys}
                | {key: moment(record[key]) for key in ("startDate", "stopDate") if key in record}
                for record in found[first : first + limit]
            ]
        }
        if first + limit < len(found):
            answer["nextToken"] = token_of(first + limit)
        return answer

    @handler("UpdateMapRun", expand=False)
    def update_map_run(self, _context: RequestContext, request: Any) -> Any:
        arn = request["mapRunArn"]
        self._map_run(arn)
        live = map_run.LIVE.get(arn)
        if live is None:
            raise ValidationException("Map Run is not running, and cannot be updated")
        live.update(
            request.get("maxConcurrency"),
            request.get("toleratedFailureCount"),
            request.get("toleratedFailurePercentage"),
        )
        return {}


def _invalid(_message: str) -> Exception:
    return InvalidToken("Invalid Token: 'Invalid token'")
