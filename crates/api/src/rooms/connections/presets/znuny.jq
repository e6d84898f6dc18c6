# Znuny: what the invoker Ticket::Generic sends, {Event, Ticket}; times are 2026-03-02 10:15:00 in the zone of the
# database, which is UTC unless it was set otherwise.
def line: tostring | gsub("\\s+"; " ") | ltrimstr(" ") | .[:200] | rtrimstr(" ");
def named($id): if $id and $id != "" then {system: $system, id: ($id | line)} else null end;
def time: if . and . != "" then sub(" "; "T") + "Z" else null end;
def told: with_entries(select(.value != null and .value != ""));

.Ticket
| select(.TicketNumber)
| named(.CustomerID) as $customer
| named(if .Service and .Service != "" then .Service else .Queue end) as $service
| (.Type // "") as $type
| if $type | test("incident|problem"; "i") then
    {
      kind: "case", source: $system, sourceId: (.TicketNumber | tostring),
      observedAt: (.Changed | time), updatedAt: (.Changed | time),
      service: $service, customer: $customer, category: $type, priority: .Priority,
      opened: (.Created | time), responded: (.FirstResponse | time),
      resolved: (if .StateType == "closed" then .Closed // .Changed | time else null end)
    }
  else
    {
      kind: "wish", customer: $customer, services: [$service | values], title: (.Title | line),
      references: [{system: $system, id: (.TicketNumber | tostring)}], sourceTime: (.Changed | time)
    }
  end
| told
