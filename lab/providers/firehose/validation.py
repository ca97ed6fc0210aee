"""How Firehose refuses what its service model forbids."""

from lab.providers.validation import FrontEnd

FRONT_END = FrontEnd(hidden=("PutRecordBatchRequestEntryList",))
