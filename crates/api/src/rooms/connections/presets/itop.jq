# iTop 3: the payload that a webhook action is given for UserRequest, see the guide for integrators. Its placeholders give
# times as 2026-03-02 10:15:00, in the zone that the payload names by its offset.
def line: tostring | gsub("\\s+"; " ") | ltrimstr(" ") | .[:200] | rtrimstr(" ");
def named($id): if $id and $id != "" then {system: $system, id: ($id | line)} else null end;
def plain: gsub("<[^>]*>"; " ") | gsub("[ \\t\\r]+"; " ") | gsub("^\\s+|\\s+$"; "") | .[:9000];
def told: with_entries(select(.value != null and .value != ""));

(.offset // "Z") as $offset
| def time: if . and . != "" then sub(" "; "T") + $offset else null end;
select(.ref)
| named(.org_name) as $customer
| named(.service_name) as $service
| if .request_type == "incident" then
    {
      kind: "case", source: $system, sourceId: .ref,
      observedAt: (.last_update | time), updatedAt: (.last_update | time),
      service: $service, customer: $customer, category: .servicesubcategory_name, priority: .priority,
      opened: (.start_date | time), responded: (.assignment_date | time),
      resolved: (if .status == "resolved" or .status == "closed" then .resolution_date | time else null end)
    }
  else
    {
      kind: "wish", customer: $customer, services: [$service | values], title: (.title | line),
      description: (.description // "" | plain),
      references: [{system: $system, id: .ref}], sourceTime: (.last_update | time)
    }
  end
| told
