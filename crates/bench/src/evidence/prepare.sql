-- Agreements' measurements by the million: what the service stored of one line of each kind becomes a form that is filled
-- in. References and indexes are seen to afterwards.
set session_replication_role = replica;
set synchronous_commit = off;
set work_mem = '256MB';
set maintenance_work_mem = '512MB';

create temp table promise (place integer, customer uuid, service uuid, lines bigint, since timestamptz);

create temp table form as select * from measurement where source = 'desk' and source_id like '%-mark';
delete from measurement_customer;
delete from measurement where source = 'desk' and source_id like '%-mark';
update form f set content = replace(replace(replace(replace(replace(replace(replace(replace(replace(f.content,
    f.source_id, '%1$s'), f.service_id::text, '%2$s'), p.customer::text, '%3$s'), '2001-01-01T01:00:00Z', '%4$s'),
    '2001-01-01T01:10:00Z', '%5$s'), '2001-01-01T01:20:00Z', '%6$s'), '2001-01-01T01:30:00Z', '%7$s'),
    '2001-01-01T02:00:00Z', '%8$s'), '0.4242', '%9$s')
    from (select o.customer_id as customer from form o where o.kind = 'case') p;

create temp table index_to_make as select indexname, indexdef from pg_indexes
    where tablename = 'measurement' and indexname like 'ix\_%';
do $$ declare name text; begin
    for name in select indexname from index_to_make loop execute format('drop index %I', name); end loop;
end $$;

create function pg_temp.written(at timestamptz) returns text language sql stable as
    $$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;
