"""What everything is called, in one place: deployment and removal must agree."""

PIPELINE = "bookshop"
DELIVERY_STREAM = f"{PIPELINE}-visits"
DELIVERY_ROLE = f"{PIPELINE}-delivery-role"
FUNCTION = f"{PIPELINE}-enrich"
FUNCTION_ROLE = f"{PIPELINE}-enrich-role"
DOMAIN = f"{PIPELINE}-search"
INDEX = "visits"
"""Firehose appends the day: visits-2026-03-02."""
LOG_GROUP = f"/aws/kinesisfirehose/{DELIVERY_STREAM}"
NAMESPACE = "Bookshop"
ALARM = f"{PIPELINE}-error-rate"
TOPIC = f"{PIPELINE}-alarms"


def bucket(account_id):
    """Bucket names are unique in the world: the account's number makes ours so."""
    return f"{PIPELINE}-visits-{account_id}"
