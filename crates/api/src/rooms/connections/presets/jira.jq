# Jira: {timestamp, webhookEvent, issue}, as the webhooks of Jira send it; the organisations are the field of Jira Service
# Management, whatever its number is here.
def line: tostring | gsub("\\s+"; " ") | ltrimstr(" ") | .[:200] | rtrimstr(" ");
def named($id): if $id then {system: $system, id: ($id | line)} else null end;
# 2026-03-02T10:15:00.000+0100: the offset lacks its colon.
def time: if . then sub("(?<h>[+-]\\d\\d)(?<m>\\d\\d)$"; "\(.h):\(.m)") else null end;
def told: with_entries(select(.value != null and .value != ""));

select(.webhookEvent == "jira:issue_created" or .webhookEvent == "jira:issue_updated")
| .issue
| .key as $key
| .fields
| ([to_entries[] | .value | arrays | .[] | objects | select(._links.self // "" | test("/organization/")) | .name] | first)
  as $organisation
| named($organisation // .project.key) as $customer
| named(.components[0].name // .project.key) as $service
| if .issuetype.name | test("incident|problem"; "i") then
    {
      kind: "case", source: $system, sourceId: $key, observedAt: (.updated | time), updatedAt: (.updated | time),
      service: $service, customer: $customer, category: .issuetype.name, priority: (.priority.name // "none"),
      opened: (.created | time), resolved: (.resolutiondate | time)
    }
  else
    {
      kind: "wish", customer: $customer, services: [$service | values], title: (.summary | line),
      # Plain text in webhooks of the older API, a document in those of the newer one, which is left out.
      description: (.description | strings | .[:9000]) // null,
      references: [{system: $system, id: $key}], sourceTime: (.updated | time)
    }
  end
| told
