-- Count per auction in windows of 10 s: 1,000,000 auctions, 1,000,000 events a second of event time.
CREATE TABLE events (
    id BIGINT, auction BIGINT, rowtime AS TO_TIMESTAMP_LTZ(id / 1000, 3),
    WATERMARK FOR rowtime AS rowtime - INTERVAL '1' SECOND
) WITH (
    'connector' = 'datagen', 'rows-per-second' = '1000000000', 'scan.parallelism' = '4',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '19999999',
    'fields.auction.min' = '0', 'fields.auction.max' = '999999'
);
CREATE TABLE results (window_start TIMESTAMP_LTZ(3), auction BIGINT, num BIGINT) WITH ('connector' = 'checksum');
INSERT INTO results
SELECT window_start, auction, COUNT(*)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(rowtime), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, auction;
