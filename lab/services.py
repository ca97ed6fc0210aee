"""Which AWS services this package answers itself, as its own entry points say.

Everything may import this module; it imports nothing of the lab, nor of LocalStack.
"""

from importlib.metadata import entry_points


def provided() -> list[str]:
    """The services in boto3's names, sorted."""
    points = entry_points(group="localstack.aws.provider")
    return sorted(
        point.name.removesuffix(":lab") for point in points if point.name.endswith(":lab")
    )
