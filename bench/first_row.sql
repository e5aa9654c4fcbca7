-- From the start of the program to the first row on standard output.
CREATE TABLE bids (
    auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING,
    WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '2' SECOND
) WITH ('connector' = 'filesystem', 'path' = '$json', 'format' = 'json');
CREATE TABLE results (auction BIGINT, price BIGINT) WITH ('connector' = 'print');
INSERT INTO results SELECT auction, price FROM bids;
