# TOPdesk: an incident as its API shows it (GET /tas/api/incidents/id), which an action sequence fetches and posts on, see
# the guide for integrators.
def line: tostring | gsub("\\s+"; " ") | ltrimstr(" ") | .[:200] | rtrimstr(" ");
def named($id): if $id then {system: $system, id: ($id | line)} else null end;
# 2026-03-02T10:15:00.000+0000: the offset lacks its colon.
def time: if . then sub("(?<h>[+-]\\d\\d)(?<m>\\d\\d)$"; "\(.h):\(.m)") else null end;
def told: with_entries(select(.value != null and .value != ""));

select(.number)
| named(.callerBranch.name // .caller.branch.name) as $customer
| named(.category.name) as $service
| if .callType.name // "" | test("incident|storing|fel"; "i") then
    {
      kind: "case", source: $system, sourceId: .number,
      observedAt: (.modificationDate | time), updatedAt: (.modificationDate | time),
      service: $service, customer: $customer, category: .callType.name, priority: (.priority.name // "none"),
      opened: (.callDate // .creationDate | time), responded: (.responseDate | time),
      resolved: (if .completed or .closed then .completedDate // .closedDate | time else null end)
    }
  else
    {
      kind: "wish", customer: $customer, services: [$service | values], title: (.briefDescription // .number | line),
      references: [{system: $system, id: .number}], sourceTime: (.modificationDate | time)
    }
  end
| told
