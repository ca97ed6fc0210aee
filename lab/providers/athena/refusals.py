"""What Athena has and this lab has not: Apache Spark (notebooks, sessions, calculations) and
capacity reservations. Each operation is refused by name, with an exception that it has on AWS.
"""

from typing import NoReturn

from localstack.aws.api import RequestContext

from lab.providers.athena.errors import invalid
from lab.providers.athena.models import Record

SPARK = (
    *("CreateNotebook", "CreatePresignedNotebookUrl", "DeleteNotebook", "ExportNotebook"),
    *("GetNotebookMetadata", "ImportNotebook", "ListNotebookMetadata", "ListNotebookSessions"),
    *("UpdateNotebook", "UpdateNotebookMetadata", "GetSession", "GetSessionEndpoint"),
    *("GetSessionStatus", "ListSessions", "StartSession", "TerminateSession", "ListExecutors"),
    *("GetCalculationExecution", "GetCalculationExecutionCode", "GetCalculationExecutionStatus"),
    *("ListCalculationExecutions", "StartCalculationExecution", "StopCalculationExecution"),
    "GetResourceDashboard",
)
CAPACITY = (
    *("CancelCapacityReservation", "CreateCapacityReservation", "DeleteCapacityReservation"),
    *("GetCapacityAssignmentConfiguration", "GetCapacityReservation", "ListCapacityReservations"),
    *("PutCapacityAssignmentConfiguration", "UpdateCapacityReservation"),
)


class Refusal:
    """The handler of an operation that is not there."""

    def __init__(self, operation: str, feature: str) -> None:
        self._message = f"{operation} is not supported by this lab: it has no {feature}"

    def __call__(self, _context: RequestContext, _request: Record) -> NoReturn:
        raise invalid(self._message)


HANDLERS = {name: Refusal(name, "Apache Spark") for name in SPARK} | {
    name: Refusal(name, "capacity reservations") for name in CAPACITY
}
