"""The only place where LocalStack learns of us: one function per service, found through our entry
points.

Imports stay inside the functions: a provider is loaded when LocalStack wants that service, not when
it lists them. Service names are boto3's. ``*:lab`` is chosen over ``*:default`` by
``PROVIDER_OVERRIDE_*`` (see ``lab.stack.localstack``).
"""

from typing import Any

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


@aws_provider(api="athena", name="lab")
def athena() -> Service:
    from lab.providers.athena.provider import create_service

    return create_service()


@aws_provider(api="cloudwatch", name="lab")
def cloudwatch() -> Service:
    from lab.providers.cloudwatch.provider import create_service

    return create_service()


@aws_provider(api="events", name="lab")
def events() -> Service:
    from lab.providers.events.provider import create_service

    return create_service()


@aws_provider(api="firehose", name="lab")
def firehose() -> Service:
    from lab.providers.firehose.provider import create_service

    return create_service()


@aws_provider(api="glue", name="lab")
def glue() -> Service:
    from lab.providers.glue.provider import create_service

    return create_service()


@aws_provider(api="kinesis", name="lab")
def kinesis() -> Service:
    from lab.providers.kinesis.provider import create_service

    return create_service()


@aws_provider(api="kms", name="lab")
def kms() -> Service:
    from lab.providers.kms.provider import create_service

    return create_service()


@aws_provider(api="lambda", name="lab")
def lambda_() -> Service:
    from lab.providers.lambda_.provider import create_service

    return create_service()


@aws_provider(api="logs", name="lab")
def logs() -> Service:
    from lab.providers.logs.provider import create_service

    return create_service()


@aws_provider(api="opensearch", name="lab")
def opensearch() -> Service:
    from lab.providers.opensearch.provider import create_service

    return create_service()


@aws_provider(api="s3", name="lab")
def s3() -> Service:
    from lab.providers.s3.provider import create_service

    return create_service()


@aws_provider(api="scheduler", name="lab")
def scheduler() -> Service:
    from lab.providers.scheduler.provider import create_service

    return create_service()


@aws_provider(api="stepfunctions", name="lab")
def stepfunctions() -> Service:
    from lab.providers.stepfunctions.provider import create_service

    return create_service()


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Lambda functions as processes of this machine, chosen by ``LAMBDA_RUNTIME_EXECUTOR=lab``."""

    name = "lab"

    def load(self, *_: Any, **__: Any) -> type:
        from lab.providers.lambda_.executor import ProcessRuntimeExecutor

        return ProcessRuntimeExecutor


@hooks.on_runtime_create()
def keep_to_loopback() -> None:
    from lab.providers.gateway import install

    install()


@hooks.on_infra_start()
def announce() -> None:
    from lab.providers.health import install

    install()
