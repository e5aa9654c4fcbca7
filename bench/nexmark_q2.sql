-- Nexmark q2: bids on some auctions.
CREATE TABLE nexmark (
    event_type INT,
    bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING>
) WITH ('connector' = 'nexmark', 'events.num' = '$nexmark_events', 'next-event.rate' = '10000');
CREATE TABLE results (auction BIGINT, price BIGINT) WITH ('connector' = 'checksum');
INSERT INTO results SELECT bid.auction, bid.price FROM nexmark WHERE event_type = 2 AND MOD(bid.auction, 123) = 0;
