"""The environment variables of a function: AWS's, then the function's own, and nothing of the lab's
or the person's.

Source: AWS documentation, "Working with Lambda environment variables", section "Defined runtime
environment variables". Where AWS has a fixed path that does not exist here (/var/runtime; without
files of its own also /var/task and /opt), the variable holds this machine's.
"""

from collections.abc import Iterable, Mapping

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion

from lab.providers.lambda_.logs import LogStream
from lab.providers.lambda_.process import Sandbox
from lab.providers.lambda_.runtimes import search_path
from lab.providers.lambda_.supervisor import TELEMETRY

# What LocalStack knows of an execution environment and AWS has under the same name.
FROM_LOCALSTACK = (
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "AWS_ENDPOINT_URL",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_LEVEL",
    "TZ",
)
# Names that a function may not define. _X_AMZN_TRACE_ID is set by the runtime at each invocation.
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


def reserved_names(names: Iterable[str]) -> list[str]:
    """Those of the names that a function may not define, in the order given."""
    return [name for name in names if name in RESERVED]


def function_environment(
    version: FunctionVersion, known: Mapping[str, object], sandbox: Sandbox, stream: LogStream
) -> dict[str, str]:
    """All variables but AWS_LAMBDA_RUNTIME_API. ``known`` is LocalStack's set for a container."""
    runtime, task_root, layers_root = sandbox.runtime, sandbox.task_root, sandbox.layers_root
    config = version.config
    variables = {name: str(known[name]) for name in FROM_LOCALSTACK if name in known}
    if "AWS_LAMBDA_LOG_LEVEL" in variables:
        variables["AWS_LAMBDA_LOG_LEVEL"] = variables["AWS_LAMBDA_LOG_LEVEL"].upper()
    variables |= {
        "_HANDLER": config.handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.runtime}",
        "AWS_LAMBDA_LOG_GROUP_NAME": stream.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream.name,
        "LAMBDA_TASK_ROOT": task_root,
        "LAMBDA_RUNTIME_DIR": str(runtime.path),
        # Where the runtime writes log records; it removes the variable at once.
        "_LAMBDA_TELEMETRY_LOG_FD": str(TELEMETRY),
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": f"{task_root}:{task_root}/lib:{layers_root}/lib",
        "PATH": search_path(runtime, layers_root),
        # AWS's user has a home that does not exist. The person's own must not be found: it holds
        # ~/.aws.
        "HOME": "/home/sbx_user1051",
    }
    if not sandbox.isolation.private_files:
        variables["TMPDIR"] = str(sandbox.folders.tmp)
    return {**variables, **(config.environment or {})}
