# Zabbix 7: the parameters of a media type of the kind webhook, all of them texts, see the guide for integrators. A macro
# that means nothing (the recovery of a problem that lasts) is sent as it is written, in its braces.
def seconds: if . and test("^[0-9]+$") then tonumber | todate else null end;
def told: with_entries(select(.value != null));

select(.event_source == "0" and .event_id)
| (.event_tags | fromjson? // [] | map({key: .tag, value: .value}) | from_entries) as $tags
| select($tags.service)
| (.event_timestamp | seconds) as $from
| (if .event_value == "0" then .event_recovery_timestamp | seconds else null end) as $to
| {
    kind: "outage", source: $system, sourceId: .event_id, observedAt: ($to // $from), updatedAt: ($to // $from),
    service: {system: $system, id: $tags.service}, from: $from, to: $to,
    customers: (if $tags.customer then [{system: $system, id: $tags.customer}] else null end)
  }
| told
