-- Nexmark q0: pass bids through.
CREATE TABLE nexmark (
    event_type INT,
    bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING>
) WITH ('connector' = 'nexmark', 'events.num' = '$nexmark_events', 'next-event.rate' = '10000');
CREATE TABLE results (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING) WITH ('connector' = 'checksum');
INSERT INTO results SELECT bid.auction, bid.bidder, bid.price, bid.`dateTime`, bid.extra FROM nexmark WHERE event_type = 2;
