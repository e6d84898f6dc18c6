# Zammad: the default payload of a webhook, {ticket, article} (manage/webhook/payload of its administrators' guide).
# The article is whichever was written last, so it describes no ticket: only what belongs to the ticket itself is taken.
def line: tostring | gsub("\\s+"; " ") | ltrimstr(" ") | .[:200] | rtrimstr(" ");
def named($id): if $id then {system: $system, id: ($id | line)} else null end;
def told: with_entries(select(.value != null));

.ticket
| select(.number)
| (.number | tostring) as $number
| (.type // "") as $type
| named(.organization.name) as $customer
| named(.group.name) as $service
| if $type == "Incident" or $type == "Problem" then
    {
      kind: "case", source: $system, sourceId: $number, observedAt: .updated_at, updatedAt: .updated_at,
      service: $service, customer: $customer, category: $type, priority: .priority.name,
      opened: .created_at, responded: .first_response_at,
      # A ticket that was opened again keeps the time at which it was closed before.
      resolved: (if .state == "closed" or .state == "merged" then .close_at else null end)
    }
  else
    {
      kind: (if $type == "Request for Change" then "requirement" else "wish" end),
      customer: $customer, services: [$service | values], title: (.title | line),
      references: [{system: $system, id: $number}], sourceTime: .updated_at
    }
  end
| told
