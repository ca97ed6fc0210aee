"""Functions and event source mappings that were there when the lab stopped: they work again.

The stores come back from their file (:mod:`lab.providers.snapshots`). What runs for them does not:
each version needs its managers, each mapping its worker. Code is unpacked when it is needed.
"""

import logging
import threading
import time
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import ServiceException
from localstack.aws.api.lambda_ import LastUpdateStatus, State
from localstack.services.lambda_ import provider as localstack_provider
from localstack.services.lambda_.api_utils import qualifier_is_alias
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmState
from localstack.services.lambda_.invocation.lambda_models import Function, FunctionVersion
from localstack.services.lambda_.invocation.models import LambdaStore, lambda_stores
from localstack.services.lambda_.provider import LambdaProvider

from lab.providers.lambda_.function_url import with_url
from lab.providers.lambda_.service import run_version
from lab.providers.lambda_.stream_settings import is_kinesis

LOG = logging.getLogger(__name__)

RETRY_SECONDS = 2.0


def restore(provider: LambdaProvider) -> None:
    """Set everything in the stores going; what cannot be is logged and left as it is."""
    for _, _, store in list(lambda_stores.iter_stores()):
        for function in store.functions.values():
            _restore_function(provider, function)
        _restore_mappings(provider, store)


def _restore_function(provider: LambdaProvider, function: Function) -> None:
    service = provider.lambda_service
    for qualifier, config in function.function_url_configs.items():
        # The lab may listen on another port now.
        function.function_url_configs[qualifier] = with_url(config)
    for version in list(function.versions.values()):
        if _is_settled(version):
            run_version(service, function, version)
        elif version.config.state.state != State.Failed:
            service.create_function_version(version)
    for qualifier, wanted in function.provisioned_concurrency_configs.items():
        version = function.versions[_version_of(function, qualifier)]
        manager = service.get_lambda_version_manager(version.id.qualified_arn())
        manager.update_provisioned_concurrency_config(wanted.provisioned_concurrent_executions)


def _version_of(function: Function, qualifier: str) -> str:
    if qualifier_is_alias(qualifier):
        return str(function.aliases[qualifier].function_version)
    return qualifier


def _is_settled(version: FunctionVersion) -> bool:
    """Whether nothing was being prepared for the version when the lab stopped."""
    update = version.config.last_update
    in_progress = update is not None and update.status == LastUpdateStatus.InProgress
    return version.config.state.state == State.Active and not in_progress


def _restore_mappings(provider: LambdaProvider, store: LambdaStore) -> None:
    late = []
    for mapping in list(store.event_source_mappings.values()):
        # A worker of ours finishes what a stop has interrupted.
        if mapping["State"] == EsmState.DELETING and not is_kinesis(mapping):
            del store.event_source_mappings[mapping["UUID"]]
        elif not _restore_mapping(provider, mapping):
            late.append(mapping)
    if late:
        arguments = (provider, store, late)
        threading.Thread(target=_wait_for, args=arguments, name="lab-mappings", daemon=True).start()


def _wait_for(provider: LambdaProvider, store: LambdaStore, late: list[dict[str, Any]]) -> None:
    """Queues are not kept by the lab: a mapping goes on when its queue has been made again."""
    while late:
        time.sleep(RETRY_SECONDS)
        late = [
            mapping
            for mapping in late
            if mapping["UUID"] in store.event_source_mappings
            and not _restore_mapping(provider, mapping)
        ]


def _restore_mapping(provider: LambdaProvider, mapping: dict[str, Any]) -> bool:
    try:
        _start_worker(provider, mapping)
    except (ServiceException, ClientError) as error:  # its function or its queue is not there
        LOG.debug("event source mapping %s cannot go on: %s", mapping["UUID"], error)
        mapping["LastProcessingResult"] = f"PROBLEM: {error}"
        return False
    return True


def _start_worker(provider: LambdaProvider, mapping: dict[str, Any]) -> None:
    enabled = mapping["State"] not in (EsmState.DISABLED, EsmState.DISABLING)
    role = localstack_provider.get_function_version_from_arn(mapping["FunctionArn"]).config.role
    worker = localstack_provider.EsmWorkerFactory(mapping, role, enabled).get_esm_worker()
    worker.create()
    provider.esm_workers[worker.uuid] = worker
    LOG.info("event source mapping %s of %s goes on", worker.uuid, mapping["FunctionArn"])
