# Prometheus Alertmanager: the payload of a webhook receiver, version 4; one outage for each alert that names a service.
# An alert is known by its labels (fingerprint) and its beginning; while it fires, its end is in year 1.
def told: with_entries(select(.value != null));

select(.version == "4")
| .alerts[]
| select(.labels.service)
| (if .status == "resolved" then .endsAt else null end) as $to
| {
    kind: "outage", source: $system, sourceId: "\(.fingerprint) \(.startsAt)",
    observedAt: ($to // .startsAt), updatedAt: ($to // .startsAt),
    service: {system: $system, id: .labels.service}, from: .startsAt, to: $to,
    customers: (if .labels.customer then [{system: $system, id: .labels.customer}] else null end)
  }
| told
