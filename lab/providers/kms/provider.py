"""The KMS API is LocalStack's. What it lacks is that a key is still there after a stop: what it
encrypts (a stream) is.
"""

from localstack.services.kms.models import kms_stores
from localstack.services.kms.provider import KmsProvider
from localstack.services.plugins import Service

from lab.providers.snapshots import snapshot_of


def create_service() -> Service:
    snapshot = snapshot_of(kms_stores)
    snapshot.restore()
    return snapshot.follow(Service.for_provider(KmsProvider()))
