-- $1 ratings of the 24 months before $2, spread over $3 customers and $4 services.
insert into rating (id, source, source_id, state_at, received_at, batch_id, digest, month, service_id, customer_id,
    low, high, top_boxes, score)
select gen_random_uuid(), 'desk', n::text, now(), now(), '00000000-0000-0000-0000-000000000000', decode(md5(n::text), 'hex'),
    ($2::date - make_interval(months => 1 + (n % 24)::integer))::date,
    (select array_agg(id order by id) from service)[(1 + n / 24 % $4)::integer],
    (select array_agg(id order by id) from customer)[(1 + n / (24 * $4) % $3)::integer],
    1, 5, 2, 1 + (n * 48271 % 2147483647 % 5)::integer
from generate_series(1::bigint, $1) as n
