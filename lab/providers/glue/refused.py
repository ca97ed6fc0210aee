"""What Glue has and this lab has not: every operation without a handler is refused by its name.

AWS says OperationNotSupportedException where a region lacks something, and so does the lab.
"""

from collections.abc import Callable, Iterable
from typing import Any

from lab.providers.glue.errors import GlueError

CODE = "OperationNotSupportedException"

FAMILIES = {
    "TableOptimizer": "table optimizers",
    "ColumnStatisticsTask": "tasks that compute column statistics",
    "MaterializedView": "materialized views",
    "Unfiltered": "Lake Formation's filtered access",
    "Registr": "the schema registry",
    "Schema": "the schema registry",
    "DataQuality": "recommendations and statistics of data quality",
    "CustomEntityType": "sensitive data detection",
    "Blueprint": "blueprints",
    "Session": "interactive sessions",
    "Statement": "interactive sessions",
    "DevEndpoint": "development endpoints",
    "Integration": "zero-ETL integrations",
    "MLTransform": "machine learning transforms",
    "MLTask": "machine learning transforms",
    "Labels": "machine learning transforms",
    "MLEvaluation": "machine learning transforms",
    "MLLabeling": "machine learning transforms",
    "UsageProfile": "usage profiles",
    "SecurityConfiguration": "security configurations",
    "Job": "source control for jobs",
    "Catalog": "catalogs other than the account's own",
    "Connection": "tests and types of connections",
    "Entit": "entities of SaaS connectors",
}


def refuse(what: str) -> GlueError:
    """The exception for an operation or a parameter that the lab has not."""
    family = next((noun for word, noun in FAMILIES.items() if word in what), None)
    lack = f", which comes without {family}" if family else ""
    return GlueError(CODE, f"{what} is not supported by this lab's Glue{lack}.")


def handlers(names: Iterable[str]) -> dict[str, Callable[[Any, Any], Any]]:
    """Handlers that refuse, by the name of the operation, as LocalStack's skeleton calls them."""
    return {name: _refusing(name) for name in names}


def _refusing(name: str) -> Callable[[Any, Any], Any]:
    def answer(_context: Any, _request: Any) -> Any:
        raise refuse(name)

    return answer
