-- Four of the seven fields of JSON bids.
CREATE TABLE bids (
    auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING,
    WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '2' SECOND
) WITH ('connector' = 'filesystem', 'path' = '$json', 'format' = 'json');
CREATE TABLE results (auction BIGINT, price BIGINT, channel STRING, `dateTime` TIMESTAMP(3)) WITH ('connector' = 'checksum');
INSERT INTO results SELECT auction, price, channel, `dateTime` FROM bids;
