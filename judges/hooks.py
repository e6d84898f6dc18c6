"""The hooks of schemathesis: who calls, a CSV body as it is, and a fresh idempotency key.

Drawn or example keys would repeat, and the service would rightly answer with a replay or a refusal
instead of doing what the request asks. Requests whose fault *is* the key (missing, malformed) stay as they are.
"""

import json
import os
import uuid

import schemathesis
import yaml
from schemathesis.core.parameters import ParameterLocation

HEADER = "Idempotency-Key"
LINES = "application/x-ndjson"
# One token of each kind of caller, as `kundansvar token all` prints them.
TOKENS = json.loads(os.environ["JUDGES_TOKENS"])
# No kind of caller may do everything; these operations are not the everyday client's.
CALLERS = {
    "administrator": {
        "listClients", "getClient", "createClient", "createClientSecret", "createClientRevocation",
        "setSamePersonException", "deleteSamePersonException",
        "createAgreementTemplate", "changeAgreementTemplate", "deleteAgreementTemplate",
        "createScoringScheme", "createContactErasure", "listAccessRecords",
        "createSuccessionPreview", "createSuccession",
        "listConnectionPresets", "listConnections", "getConnection", "createConnection", "changeConnection",
        "deleteConnection", "createConnectionSecret", "createConnectionTest", "listReceivedDocuments",
        "getReceivedDocument", "createDocumentReplay", "createConnectionReplay",
    },
    "brm": {
        "setCustomerChannels", "createMeeting", "changeMeeting", "createHolding", "createMeetingPublication", "createMeetingCancellation",
        "createAgendaItem", "changeAgendaItem", "deleteAgendaItem", "createAgendaItemTransfer", "setMinutes",
        "createActionItemCompletion", "createAddendum", "createMeetingSeries", "changeMeetingSeries", "endMeetingSeries",
        "createRoundPublication", "listSurveyComments", "createSatisfactionReport", "changeSatisfactionReport",
        "deleteSatisfactionReport", "createReportPublication",
        "createRoundPublication", "listSurveyComments", "listCommentsToRedact", "createRedactions", "listCommentThemes",
        "setCommentThemes", "listNamedAnswers", "listNotifications", "getContactExport",
        "listCalendarSubscriptions", "getCalendarSubscription", "createCalendarSubscription", "deleteCalendarSubscription",
        "listTasks", "createScore", "createMerge", "createOfferDecision",
        "changeRequest", "createInvestigation", "createRouting", "createDismissal", "createAnswer",
        "createAgreement", "changeAgreement", "createAgreementReview", "createAgreementVersion",
        "changeAgreementVersion", "createOpenSlo", "deleteAgreementVersion", "createProposal", "deleteProposal", "createApproval",
        "createRevocation", "createRenewal", "createTermination", "createAgreementImport", "getCustomerTimeline",
        "createBusinessNeed", "changeBusinessNeed", "createNeedClosing", "createLesson", "changeLesson",
        "createLessonReader", "changeInteraction",
    },
    "decider": {
        "createEndorsement", "createWithdrawal", "createReopening", "createRejection", "createNotice",
        "createStatementAcceptance", "createObjection", "createExclusionConsent", "createExclusionRefusal",
        "createValueAssessment", "changeValueAssessment",
    },
    "delivery_manager": {
        "createStatementProposal", "createObjectionAnswer", "createStatementClosing", "createRestatement",
        "createStatement", "createExclusion", "createStatementRun", "getStatementRun",
        "createImprovementApproval", "createImprovementRejection", "createImprovementStart", "createImplementation",
        "createImprovementVerification", "createImprovementClosing",
    },
}
EVERYDAY = "trial"
CALLER_OF = {operation: caller for caller, operations in CALLERS.items() for operation in operations}


@schemathesis.auth(refresh_interval=None)
class PerOperation:
    """Whoever may do the operation calls it."""

    def get(self, case, context):
        operation = case.operation.definition.raw.get("operationId")
        return TOKENS[CALLER_OF.get(operation, EVERYDAY)]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.serializer("text/csv")
def csv(context, value):
    """A CSV body is one string."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="replace")


@schemathesis.serializer("application/pdf")
def pdf(context, value):
    """A file is bytes, whatever they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="replace")


class _Quoting(yaml.SafeDumper):
    """Writes every text in quotes: to YAML 1.1, which the library writes, 1e3 is text; to YAML 1.2 it is a number."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@schemathesis.serializer("application/yaml")
def quoted(context, value):
    """YAML that every version of it reads alike."""
    return value if isinstance(value, bytes) else yaml.dump(value, Dumper=_Quoting).encode("utf-8", errors="replace")


@schemathesis.serializer(LINES)
def lines(context, value):
    """The document describes one line; a body of one line is as good as any."""
    return value if isinstance(value, bytes) else (json.dumps(value) + "\n").encode("utf-8", errors="replace")


@schemathesis.check
def faulty_line_is_told(context, response, case):
    """A body of lines is taken in line by line: the answer counts as rejected what is not as the document says."""
    is_faulty = case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY)
    if case.media_type == LINES and response.status_code == 200 and is_faulty:
        # Of one line or of several, the summary stands last.
        summary = json.loads(response.text.splitlines()[-1])["summary"]
        assert summary["counts"]["rejected"] == 1, f"a faulty line was not rejected: {response.text}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Put a fresh UUID into the header where the operation declares it."""
    if case.operation.definition.raw.get("operationId") == "getEventStream":
        _end_soon(case)
    if case.media_type == LINES:
        _in_a_batch_of_its_own(case)
    declared = {parameter.name.lower() for parameter in case.operation.headers}
    if HEADER.lower() not in declared:
        return
    headers_are_faulty = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    if headers_are_faulty and not _is_uuid(case.headers.get(HEADER)):
        return
    case.headers[HEADER] = str(uuid.uuid4())


def _end_soon(case):
    """A stream that goes on for an hour tells a judge no more than one of a second."""
    query_is_faulty = case.meta is not None and case.meta.is_negative_at(ParameterLocation.QUERY)
    if not query_is_faulty:
        case.query = {**(case.query or {}), "seconds": 1}


def _in_a_batch_of_its_own(case):
    """Batches are told apart by name; and an atomic one would be refused as a whole, before its faulty line is told."""
    is_faulty_at = case.meta.is_negative_at if case.meta is not None else lambda _: False
    if is_faulty_at(ParameterLocation.QUERY):
        return
    case.query = {**(case.query or {}), "batch": str(uuid.uuid4())}
    if is_faulty_at(ParameterLocation.BODY):
        case.query.pop("atomic", None)


def _is_uuid(value):
    try:
        uuid.UUID(str(value).strip('"'))
    except ValueError:
        return False
    return True
