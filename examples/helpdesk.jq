# The help desk's tickets, a row of its file each as an object with the file's columns: those that ask for something become
# wishes, as helpdesk.py makes them; those of type Issue report a fault, and stay at the desk. A finished ticket that was
# rated brings its rating: 0 is no answer; of the three steps the upper two say "satisfied".
def own($id): {system: $system, id: $id};
def two: tostring | if length < 2 then "0" + . else . end;
# The file knows the day on which a ticket was opened, and for how many days it was open; noon stands in for the time.
def finished: (.created_date | split("/")) as [$month, $day, $year]
  | "\($year)-\($month | two)-\($day | two)T12:00:00Z" | fromdateiso8601;

(select(.ticket_type == "Request")
| {
    customer: own(.owner_group),
    raisedBy: own(.owner_group),
    kind: "wish",
    title: "\(.issue_category): \(.ticket_number)",
    description: "Severity: \(.severity)\nOpened: \(.created_date)",
    services: [own(.issue_category)],
    references: [own(.ticket_number)]
  }),
(select(.["ticket status"] == ("Resolved", "Closed - No Action"))
| (.statisfaction_score | split(" ")[0] | tonumber) as $score
| select($score > 0)
| {
    kind: "rating",
    source: $system,
    sourceId: .ticket_number,
    case: .ticket_number,
    ratedAt: (finished + 86400 * (.days_open | tonumber) | todateiso8601),
    customer: own(.owner_group),
    service: own(.issue_category),
    scale: {low: 1, high: 3, topBoxes: 2},
    score: $score
  })
