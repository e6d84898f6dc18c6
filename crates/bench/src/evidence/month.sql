-- The measurements from $1 to $2, the month $3: cases, samples and outages as 70 to 27 to 3.
insert into measurement (id, version, kind, source, source_id, source_version, state_at, received_at, batch_id, digest,
    service_id, customer_id, names_customers, metric, at, ended_at, content)
select id, version, kind, source, source_id, source_version, ends, ends, batch_id, sha256(convert_to(content, 'UTF8')),
    service, case when kind <> 'outage' then customer end, names_customers, metric,
    case when kind = 'outage' then begins else ends end, case when kind <> 'sample' then ends end, content
from (
    select lined.*, f.version, f.source, f.source_version, f.batch_id, f.names_customers, f.metric,
        format(f.content, lined.source_id, service, customer, pg_temp.written(begins),
            pg_temp.written(begins + interval '10 minutes'), pg_temp.written(begins + interval '20 minutes'),
            pg_temp.written(begins + interval '30 minutes'), pg_temp.written(ends), '0.' || 10 + n % 90) as content
    from (
        select overlay(overlay(md5(place || '-' || at) placing
                lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') from 1) placing '78' from 13)::uuid as id,
            $3 || '-' || lpad((row_number() over (order by at))::text, 8, '0') as source_id, place, n, customer, service,
            case when n * 37 % 100 < 70 then 'case' when n * 37 % 100 < 97 then 'sample' else 'outage' end as kind,
            case when n * 37 % 100 between 70 and 96 then at else at - (n % 10 + 1) * interval '1 hour' end as begins,
            at as ends
        from (
            select p.*, n, date_trunc('second', $1 + ($2 - $1) * ((n - 0.5) / lines)) as at
            from promise p cross join lateral generate_series(1, lines) n where p.since <= $1
        ) told
        order by at
    ) lined
    join form f using (kind)
) filled
