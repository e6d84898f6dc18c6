# GLPI 11: the default payload of a webhook for tickets, {event, item}; the item as its high-level API shows it.
def line: tostring | gsub("\\s+"; " ") | ltrimstr(" ") | .[:200] | rtrimstr(" ");
def named($id): if $id then {system: $system, id: ($id | line)} else null end;
def plain: gsub("<[^>]*>"; " ") | gsub("&nbsp;"; " ") | gsub("[ \\t\\r]+"; " ") | gsub("^\\s+|\\s+$"; "") | .[:9000];
def told: with_entries(select(.value != null and .value != ""));

select(.event != "delete")
| .item
| select(.id and .type)
| (.id | tostring) as $number
| named(.entity.name) as $customer
| named(.category.name) as $service
| if .type == 1 then
    {
      kind: "case", source: $system, sourceId: $number, observedAt: .date_mod, updatedAt: .date_mod,
      service: $service, customer: $customer, category: .category.name,
      priority: (.priority | tostring), opened: (.date // .date_creation),
      # 5 is solved, 6 is closed; older versions do not say when.
      resolved: (if .status.id == 5 or .status.id == 6 then .date_solve // .date_mod else null end)
    }
  else
    {
      kind: "wish", customer: $customer, services: [$service | values], title: (.name | line),
      description: (.content // "" | plain),
      references: [{system: $system, id: $number}], sourceTime: .date_mod
    }
  end
| told
