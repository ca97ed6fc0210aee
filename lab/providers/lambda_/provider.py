"""The API of AWS Lambda: LocalStack's, with what it lacks, refuses wrongly or forgets."""

import io
from typing import IO, Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.lambda_ import (
    AliasConfiguration,
    AliasRoutingConfiguration,
    Concurrency,
    CreateFunctionRequest,
    CreateFunctionUrlConfigResponse,
    DestinationConfig,
    EventSourceMappingConfiguration,
    FunctionConfiguration,
    GetFunctionResponse,
    InvocationResponse,
    InvocationType,
    PutProvisionedConcurrencyConfigResponse,
    ResourceNotFoundException,
    UpdateFunctionCodeRequest,
    UpdateFunctionConfigurationRequest,
    UpdateFunctionUrlConfigResponse,
)
from localstack.aws.protocol.serializer import create_serializer
from localstack.http import Response
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmState
from localstack.services.lambda_.invocation.lambda_models import (
    AliasRoutingConfig,
    Function,
    FunctionVersion,
)
from localstack.services.lambda_.invocation.models import LambdaStore, lambda_stores
from localstack.services.lambda_.provider import LambdaProvider
from localstack.services.plugins import Service

from lab.providers import cloudwatch
from lab.providers.lambda_ import (
    code,
    concurrency,
    encryption,
    event_manager,
    function_url,
    service,
    stream_poller,
    validation,
)
from lab.providers.lambda_.logs import log_writer
from lab.providers.lambda_.restoration import restore
from lab.providers.snapshots import snapshot_of

LATEST = encryption.LATEST


def create_service() -> Service:
    code.install()
    concurrency.install()
    encryption.install()
    function_url.install()
    service.install()
    stream_poller.install()
    cloudwatch.install()
    # Before any service is stopped: Logs must still answer.
    SHUTDOWN_HANDLERS.register(log_writer().stop)
    snapshot = snapshot_of(lambda_stores)
    snapshot.restore()
    provider = Provider()
    followed = snapshot.follow(Service.for_provider(provider))
    concurrency.say_when_to_retry(followed.skeleton)
    restore(provider)
    event_manager.start(provider.lambda_service)
    return followed


class Provider(LambdaProvider):
    """LocalStack's provider; an operation is here if it is not right there."""

    # Functions

    @handler("CreateFunction", expand=False)
    def create_function(
        self, context: RequestContext, request: CreateFunctionRequest
    ) -> FunctionConfiguration:
        validation.check_function(request)
        validation.check_key(request.get("KMSKeyArn"), context.account_id, context.region)
        if layers := request.get("Layers"):
            self._check_layers(context, code.requested_size(request["Code"]), layers)
        configuration = super().create_function(context, request)
        function = self._function_of(context, configuration["FunctionName"])
        if key := request.get("KMSKeyArn"):
            for qualifier in function.versions:
                encryption.keep_key(function, qualifier, key)
            configuration["KMSKeyArn"] = key
        return configuration

    @handler("UpdateFunctionConfiguration", expand=False)
    def update_function_configuration(
        self, context: RequestContext, request: UpdateFunctionConfigurationRequest
    ) -> FunctionConfiguration:
        validation.check_function(request)
        validation.check_key(request.get("KMSKeyArn"), context.account_id, context.region)
        if layers := request.get("Layers"):
            latest = self._function_of(context, request["FunctionName"]).latest()
            self._check_layers(context, code.unzipped_size(latest.config.code), layers)
        configuration = super().update_function_configuration(context, request)
        if "KMSKeyArn" in request:
            function = self._function_of(context, request["FunctionName"])
            encryption.keep_key(function, LATEST, request["KMSKeyArn"])
            return api_utils.map_config_out(function.latest())
        return configuration

    @handler("UpdateFunctionCode", expand=False)
    def update_function_code(
        self, context: RequestContext, request: UpdateFunctionCodeRequest
    ) -> FunctionConfiguration:
        if request.get("DryRun"):
            raise validation.invalid(
                "Value true at 'dryRun' is not supported by this lab for UpdateFunctionCode."
            )
        latest = self._function_of(context, request["FunctionName"]).latest()
        validation.check_unzipped_size(code.requested_size(request), latest.config.layers)
        return super().update_function_code(context, request)

    def _check_layers(self, context: RequestContext, code_size: int, layers: list[str]) -> None:
        self._validate_layers(layers, context.region, context.account_id)
        validation.check_unzipped_size(code_size, self.map_layers(layers))

    def get_function(
        self, context: RequestContext, function_name: str, *args: Any, **kwargs: Any
    ) -> GetFunctionResponse:
        answer = super().get_function(context, function_name, *args, **kwargs)
        reserved = self._function_of(context, function_name).reserved_concurrent_executions
        if reserved is not None:
            answer["Concurrency"] = Concurrency(ReservedConcurrentExecutions=reserved)
        return answer

    def delete_function_concurrency(
        self, context: RequestContext, function_name: str, **kwargs: Any
    ) -> None:
        self._function_of(context, function_name)
        super().delete_function_concurrency(context, function_name, **kwargs)

    def put_provisioned_concurrency_config(
        self,
        context: RequestContext,
        function_name: str,
        qualifier: str,
        provisioned_concurrent_executions: int,
        **kwargs: Any,
    ) -> PutProvisionedConcurrencyConfigResponse:
        others = concurrency.provisioned(except_for=(function_name, qualifier))
        validation.check_provisioned(provisioned_concurrent_executions, others)
        return super().put_provisioned_concurrency_config(
            context, function_name, qualifier, provisioned_concurrent_executions, **kwargs
        )

    def delete_provisioned_concurrency_config(
        self, context: RequestContext, function_name: str, qualifier: str, **kwargs: Any
    ) -> None:
        """LocalStack looks for processes of the alias; they are those of its version."""
        function = self._function_of(context, function_name)
        alias = function.aliases.get(qualifier)
        if alias is None:
            super().delete_provisioned_concurrency_config(
                context, function_name, qualifier, **kwargs
            )
        elif function.provisioned_concurrency_configs.pop(qualifier, None):
            arn = function.versions[alias.function_version].id.qualified_arn()
            manager = self.lambda_service.get_lambda_version_manager(arn)
            manager.update_provisioned_concurrency_config(0)

    def delete_alias(
        self, context: RequestContext, function_name: str, name: str, **kwargs: Any
    ) -> None:
        if name in self._function_of(context, function_name).aliases:
            self.delete_provisioned_concurrency_config(context, function_name, name)
        super().delete_alias(context, function_name, name, **kwargs)

    def _function_of(self, context: RequestContext, name: str) -> Function:
        """The function that a name or an ARN means; ResourceNotFoundException if there is none."""
        account, region = api_utils.get_account_and_region(name, context)
        plain = api_utils.get_function_name(name, context)
        function: Function = self._get_function(plain, account, region)
        return function

    # Versions and aliases

    def _create_version_model(
        self, function_name: str, region: str, account_id: str, **kwargs: Any
    ) -> tuple[FunctionVersion, bool]:
        version, is_new = super()._create_version_model(
            function_name=function_name, region=region, account_id=account_id, **kwargs
        )
        if is_new:
            function = self._get_function(function_name, account_id, region)
            encryption.publish_key(function, version.id.qualifier)
        return version, is_new

    def update_alias(
        self,
        context: RequestContext,
        function_name: str,
        name: str,
        function_version: str | None = None,
        routing_config: AliasRoutingConfiguration | None = None,
        **kwargs: Any,
    ) -> AliasConfiguration:
        """LocalStack's check of weights fails here: it is not told of the alias's own version."""
        weights = (routing_config or {}).get("AdditionalVersionWeights")
        function = self._function_of(context, function_name)
        if weights and (alias := function.aliases.get(name)):
            own = function.versions.get(function_version or alias.function_version)
            if own is None:
                arn = f"{function.latest().id.unqualified_arn()}:{function_version}"
                raise ResourceNotFoundException(f"Function not found: {arn}", Type="User")
            super()._create_routing_config_model(weights, own)
        return super().update_alias(
            context,
            function_name,
            name,
            function_version=function_version,
            routing_config=routing_config,
            **kwargs,
        )

    def _create_routing_config_model(
        self, routing_config_dict: dict[str, float], function_version: FunctionVersion | None = None
    ) -> AliasRoutingConfig:
        if function_version is None:
            return AliasRoutingConfig(version_weights=routing_config_dict)
        return super()._create_routing_config_model(routing_config_dict, function_version)

    # Mappings whose queue or function is not there after a restart have no worker yet

    def get_event_source_mapping(
        self, context: RequestContext, uuid: str, **kwargs: Any
    ) -> EventSourceMappingConfiguration:
        waiting = self._mapping_without_worker(context, uuid)
        return waiting or super().get_event_source_mapping(context, uuid, **kwargs)

    def delete_event_source_mapping(
        self, context: RequestContext, uuid: str, **kwargs: Any
    ) -> EventSourceMappingConfiguration:
        waiting = self._mapping_without_worker(context, uuid)
        if waiting and waiting["State"] != EsmState.DELETING:
            del lambda_stores[context.account_id][context.region].event_source_mappings[uuid]
            return {**waiting, "State": EsmState.DELETING}
        return super().delete_event_source_mapping(context, uuid, **kwargs)

    def _mapping_without_worker(
        self, context: RequestContext, uuid: str
    ) -> EventSourceMappingConfiguration | None:
        mappings = lambda_stores[context.account_id][context.region].event_source_mappings
        return None if uuid in self.esm_workers else mappings.get(uuid)

    # Invocation

    def invoke(
        self,
        context: RequestContext,
        function_name: str,
        invocation_type: str | None = None,
        payload: IO[bytes] | None = None,
        **kwargs: Any,
    ) -> InvocationResponse:
        validation.check_supported(context.service_request)
        data = payload.read() if payload else b""
        validation.check_payload_size(len(data), invocation_type or InvocationType.RequestResponse)
        validation.check_payload(data)
        return super().invoke(
            context,
            function_name,
            invocation_type=invocation_type,
            payload=io.BytesIO(data) if data else None,
            **kwargs,
        )

    def invoke_with_response_stream(
        self, context: RequestContext, function_name: str, **kwargs: Any
    ) -> Response:
        """A Python function returns its result as a whole: it is the only chunk.

        LocalStack's serializer leaves out the headers of an answer that is a stream.
        """
        answer = self.invoke(context, function_name, **kwargs)
        complete = {}
        if error := answer.get("FunctionError"):
            complete = {"ErrorCode": error, "ErrorDetails": answer["Payload"].decode()}
        if log := answer.get("LogResult"):
            complete["LogResult"] = log
        chunk = {"Payload": answer.get("Payload") or b""}
        events = [{"PayloadChunk": chunk}, {"InvokeComplete": complete}]
        response = create_serializer(context.service, context.protocol).serialize_to_response(
            {"EventStream": iter(events)},
            context.operation,
            context.request.headers,
            context.request_id,
        )
        response.status_code = answer["StatusCode"]
        response.headers["X-Amz-Executed-Version"] = answer.get("ExecutedVersion", LATEST)
        return response

    def _validate_destination_config(
        self, store: LambdaStore, function_name: str, destination_config: DestinationConfig
    ) -> None:
        """LocalStack's check, which does not know that failures may go to a bucket."""
        failure = (destination_config.get("OnFailure") or {}).get("Destination") or ""
        if failure.startswith("arn:aws:s3:::"):
            destination_config = {**destination_config, "OnFailure": {}}
        super()._validate_destination_config(store, function_name, destination_config)

    # Function URLs

    def create_function_url_config(
        self, context: RequestContext, function_name: str, *args: Any, **kwargs: Any
    ) -> CreateFunctionUrlConfigResponse:
        validation.check_invoke_mode(kwargs.get("invoke_mode"))
        answer = super().create_function_url_config(context, function_name, *args, **kwargs)
        _, qualifier = api_utils.get_name_and_qualifier(
            function_name, kwargs.get("qualifier"), context
        )
        configs = self._function_of(context, function_name).function_url_configs
        key = qualifier or LATEST
        configs[key] = function_url.with_url(configs[key])
        return {**answer, "FunctionUrl": configs[key].url, "InvokeMode": configs[key].invoke_mode}

    def update_function_url_config(
        self, context: RequestContext, function_name: str, *args: Any, **kwargs: Any
    ) -> UpdateFunctionUrlConfigResponse:
        validation.check_invoke_mode(kwargs.get("invoke_mode"))
        return super().update_function_url_config(context, function_name, *args, **kwargs)
