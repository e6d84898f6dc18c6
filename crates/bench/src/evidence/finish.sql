insert into measurement_customer (measurement_id, customer_id)
    select id, (content::jsonb -> 'customers' ->> 0)::uuid from measurement where kind = 'outage';
do $$ declare definition text; begin
    for definition in select indexdef from index_to_make loop execute definition; end loop;
end $$;
