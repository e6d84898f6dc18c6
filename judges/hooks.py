"""The hooks of schemathesis: a body of CSV is sent as it is, and every request that may carry an idempotency key
carries a fresh one.

Drawn or example keys would repeat, and the service would rightly answer with a replay or a refusal
instead of doing what the request asks. Requests whose fault *is* the key (missing, malformed) stay as they are.
"""

import uuid

import schemathesis
from schemathesis.core.parameters import ParameterLocation

HEADER = "Idempotency-Key"


@schemathesis.serializer("text/csv")
def csv(context, value):
    """A CSV body is one string."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="replace")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Put a fresh UUID into the header where the operation declares it."""
    declared = {parameter.name.lower() for parameter in case.operation.headers}
    if HEADER.lower() not in declared:
        return
    headers_are_faulty = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    if headers_are_faulty and not _is_uuid(case.headers.get(HEADER)):
        return
    case.headers[HEADER] = str(uuid.uuid4())


def _is_uuid(value):
    try:
        uuid.UUID(str(value).strip('"'))
    except ValueError:
        return False
    return True
