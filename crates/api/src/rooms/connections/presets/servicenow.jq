# ServiceNow: the fields of a record as the Table API shows them with sysparm_display_value=all, {value, display_value}
# each, and the name of the table; sent by a business rule, see the guide for integrators. Values of times are UTC.
def line: tostring | gsub("\\s+"; " ") | ltrimstr(" ") | .[:200] | rtrimstr(" ");
def shown: if . then .display_value else null end;
def named: shown | if . and . != "" then {system: $system, id: line} else null end;
def time: if . and .value and .value != "" then (.value | sub(" "; "T")) + "Z" else null end;
def told: with_entries(select(.value != null and .value != ""));

.table as $table
| .record
| select(.number.value)
| (.company | named) as $customer
| (.business_service | named) as $service
| (.sys_mod_count.value // "" | if . == "" then null else tonumber end) as $version
| if $table == "incident" then
    {
      kind: "case", source: $system, sourceId: .number.value, sourceVersion: $version,
      observedAt: (.sys_updated_on | time), updatedAt: (.sys_updated_on | time),
      service: $service, customer: $customer, category: (.category | shown), priority: (.priority | shown),
      opened: (.opened_at | time),
      # 6 is resolved, 7 is closed.
      resolved: (if .state.value == "6" or .state.value == "7" then .resolved_at | time else null end)
    }
  elif $table == "sc_req_item" then
    {
      kind: "wish", customer: $customer, services: [$service | values],
      title: (.short_description.value | line), description: (.description.value // "" | .[:9000]),
      references: [{system: $system, id: .number.value}], sourceVersion: $version,
      sourceTime: (.sys_updated_on | time)
    }
  else empty end
| told
