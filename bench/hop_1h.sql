-- Windows of 1 h every second: 10,000 auctions, each once a second for 600 s; 4,199 windows.
CREATE TABLE events (
    id BIGINT, auction AS MOD(id, 10000), rowtime AS TO_TIMESTAMP_LTZ(id / 10, 3),
    WATERMARK FOR rowtime AS rowtime - INTERVAL '1' SECOND
) WITH (
    'connector' = 'datagen', 'rows-per-second' = '1000000000',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '5999999'
);
CREATE TABLE results (window_start TIMESTAMP_LTZ(3), auction BIGINT, num BIGINT) WITH ('connector' = 'checksum');
INSERT INTO results
SELECT window_start, auction, COUNT(*)
FROM TABLE(HOP(TABLE events, DESCRIPTOR(rowtime), INTERVAL '1' SECOND, INTERVAL '1' HOUR))
GROUP BY window_start, window_end, auction;
