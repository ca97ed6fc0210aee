"""How Kinesis refuses what its service model forbids."""

from lab.providers.validation import FrontEnd

# AWS lists these in the order of its hash table, which the model does not give.
ITERATOR_TYPES = "AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON"

FRONT_END = FrontEnd(
    hidden=("PutRecordsRequestEntryList",), enum_orders={"ShardIteratorType": ITERATOR_TYPES}
)
