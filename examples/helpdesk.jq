# The help desk's tickets, a row of its file each as an object with the file's columns: those that ask for something become
# wishes, as helpdesk.py makes them; those of type Issue report a fault, and stay at the desk.
def own($id): {system: $system, id: $id};

select(.ticket_type == "Request")
| {
    customer: own(.owner_group),
    raisedBy: own(.owner_group),
    kind: "wish",
    title: "\(.issue_category): \(.ticket_number)",
    description: "Severity: \(.severity)\nOpened: \(.created_date)",
    services: [own(.issue_category)],
    references: [own(.ticket_number)]
  }
