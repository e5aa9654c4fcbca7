-- Windows of 1 s that give as many rows as hop_1h: 10,000 auctions, each once a second for 4,199 s.
CREATE TABLE events (
    id BIGINT, auction AS MOD(id, 10000), rowtime AS TO_TIMESTAMP_LTZ(id / 10, 3),
    WATERMARK FOR rowtime AS rowtime - INTERVAL '1' SECOND
) WITH (
    'connector' = 'datagen', 'rows-per-second' = '1000000000',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '41989999'
);
CREATE TABLE results (window_start TIMESTAMP_LTZ(3), auction BIGINT, num BIGINT) WITH ('connector' = 'checksum');
INSERT INTO results
SELECT window_start, auction, COUNT(*)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(rowtime), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, auction;
