-- The job that other engines were measured on: JSON bids in, lines of text out.
CREATE TABLE bids (
    auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING,
    WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '2' SECOND
) WITH ('connector' = 'filesystem', 'path' = '$json', 'format' = 'json');
CREATE TABLE results (window_start STRING, auction BIGINT, num BIGINT, price BIGINT) WITH ('connector' = 'stdout', 'format' = 'csv', 'csv.disable-quote-character' = 'true');
INSERT INTO results
SELECT DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm:ss'), auction, COUNT(*), MAX(price)
FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, auction;
