-- One row a second, for the memory of an idle engine.
CREATE TABLE events (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1');
CREATE TABLE results (id BIGINT) WITH ('connector' = 'checksum');
INSERT INTO results SELECT id FROM events;
