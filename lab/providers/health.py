"""``GET /_lab/health``: proves that the providers that answer are ours. Without it a typo would run
LocalStack's own.
"""

import json
import logging
import threading
import time
from importlib.util import find_spec

from localstack import config as localstack_config
from localstack.aws.handlers import cors
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.lambda_.invocation.runtime_executor import get_runtime_executor
from localstack.services.plugins import SERVICE_PLUGINS

from lab import services
from lab.providers import plugins
from lab.providers.clock import page
from lab.providers.snapshots import path_of

LOG = logging.getLogger(__name__)

# What these import (sqlglot, DuckDB and Arrow; LocalStack's parser of state machines) takes as much
# memory as all the others together, so it waits for the first call.
LOADED_AT_FIRST_CALL = {"athena", "stepfunctions"}
# Its rules must fire, so it waits only as long as there is none.
LOADED_FOR_ITS_STATE = {"events"}


def install() -> None:
    """Answer health requests, and load the light providers of ours now rather than at a learner's
    first call.
    """
    health = Health()
    ROUTER.add("/_lab/health", health.answer, methods=["GET"])
    page.install()
    threading.Thread(target=health.load_all, name="lab-load-providers", daemon=True).start()
    port = localstack_config.GATEWAY_LISTEN[0].port
    # Only pages that the lab itself serves may call it from a browser.
    cors.ALLOWED_CORS_ORIGINS[:] = [f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")]


class Health:
    """What has been loaded so far, by service: the module that answers, or the reason why none
    does.
    """

    def __init__(self) -> None:
        self.providers: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self.executor = ""
        self.finished = threading.Event()

    def load_all(self) -> None:
        """Load or check all providers; in a thread of its own: the gateway must not wait for it."""
        started = time.monotonic()
        for service in services.provided():
            self._load(service)
        executor = get_runtime_executor()
        self.executor = f"{executor.__module__}.{executor.__qualname__}"
        self.finished.set()
        LOG.info("loaded %d providers in %.2f s", len(self.providers), time.monotonic() - started)

    def _load(self, service: str) -> None:
        if not _is_ours(service):
            self.failures[service] = f"PROVIDER_OVERRIDE_{service.upper()} is not 'lab'"
            return
        try:
            if service in LOADED_AT_FIRST_CALL or _has_nothing_to_do(service):
                _find(service)
            else:
                SERVICE_PLUGINS.require(service)
            self.providers[service] = "lab"
        except (
            Exception
        ) as error:  # a process edge: the reason must reach the person who starts the lab
            LOG.exception("provider of %s not loaded", service)
            self.failures[service] = f"{type(error).__name__}: {error}"

    def answer(self, _request: Request) -> Response:
        """200 when all is loaded, 202 while loading, 500 when a provider failed."""
        status = 500 if self.failures else 200 if self.finished.is_set() else 202
        body = {
            "finished": self.finished.is_set(),
            "providers": self.providers,
            "failures": self.failures,
            "lambda_executor": self.executor,
        }
        return Response(json.dumps(body), status=status, mimetype="application/json")


def _find(service: str) -> None:
    """Raise ModuleNotFoundError unless our provider is there to be loaded at the first call."""
    module = f"lab.providers.{service}.provider"
    if find_spec(module) is None:
        raise ModuleNotFoundError(f"No module named '{module}'")


def _has_nothing_to_do(service: str) -> bool:
    """Whether a service of the background has no state that asks it to act."""
    return service in LOADED_FOR_ITS_STATE and not path_of(service).exists()


def _is_ours(service: str) -> bool:
    """Whether LocalStack will call our function, rather than fall back to its own in silence."""
    if SERVICE_PLUGINS.get_active_provider(service) != "lab":
        return False
    if "lab" not in SERVICE_PLUGINS.api_provider_specs.get(service, []):
        return False
    registered = SERVICE_PLUGINS.plugin_manager.get_container(f"{service}:lab").plugin_spec
    return registered.factory.__module__ == plugins.__name__
