-- Spot and futures of one coin, as two exchanges sent them for six minutes: candles, quotes, basis, alerts.
--
--     thalweg run examples/market/market.sql        (in the project's folder: the paths below are relative)
--
-- Flink SQL throughout: the same script runs on a Flink cluster.

CREATE TABLE btc_futures (
  `type`  STRING,           -- trade, book (a change of the best prices), depth, snapshot
  venue   STRING,
  ts      TIMESTAMP(3),     -- event time
  price   DECIMAL(10, 2),   -- of trades
  qty     DECIMAL(12, 5),
  bid     DECIMAL(10, 2),   -- of book rows: the best prices and what is offered there
  bid_qty DECIMAL(12, 5),
  ask     DECIMAL(10, 2),
  ask_qty DECIMAL(12, 5),
  WATERMARK FOR ts AS ts - INTERVAL '0.25' SECOND  -- no message of either venue is later than 0.211 s
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/data/btc_futures.jsonl.zst',
  'format' = 'json'
);

CREATE TABLE btc_spot WITH (
  'path' = 'examples/data/btc_spot.jsonl.zst'
) LIKE btc_futures (OVERWRITING OPTIONS);

CREATE VIEW messages AS
SELECT * FROM btc_spot UNION ALL SELECT * FROM btc_futures;

CREATE VIEW trades AS
SELECT venue, ts, price, qty FROM messages WHERE `type` = 'trade';

CREATE VIEW books AS
SELECT venue, ts, bid, bid_qty, ask, ask_qty FROM messages WHERE `type` = 'book';

-- What was traded: a candle per venue and second, with the price weighted by volume.
CREATE VIEW candle_view AS
SELECT window_start, venue,
       FIRST_VALUE(price) AS open_price, MAX(price) AS high, MIN(price) AS low, LAST_VALUE(price) AS close_price,
       SUM(qty) AS volume, CAST(SUM(price * qty) / SUM(qty) AS DECIMAL(12, 4)) AS vwap, COUNT(*) AS trades
FROM TABLE(TUMBLE(TABLE trades, DESCRIPTOR(ts), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, venue;

-- What was offered: the mean spread in basis points (1/100 %), and how much more is bid than asked, from -1 to 1.
CREATE VIEW quote_view AS
SELECT window_start, venue, LAST_VALUE(bid) AS bid, LAST_VALUE(ask) AS ask,
       CAST(AVG(CAST((ask - bid) / bid * 10000 AS DOUBLE)) AS DECIMAL(8, 4)) AS spread_bp,
       CAST(AVG(CAST((bid_qty - ask_qty) / (bid_qty + ask_qty) AS DOUBLE)) AS DECIMAL(6, 4)) AS imbalance,
       COUNT(*) AS updates
FROM TABLE(TUMBLE(TABLE books, DESCRIPTOR(ts), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, venue;

-- How far the futures stand from the spot price at the end of each second, by the middle of the best prices.
CREATE VIEW basis_view AS
SELECT window_start, spot, futures, futures - spot AS basis,
       CAST((futures - spot) / spot * 10000 AS DECIMAL(8, 4)) AS basis_bp
FROM (
  SELECT window_start,
         CAST(LAST_VALUE((bid + ask) / 2) FILTER (WHERE venue = 'spot') AS DECIMAL(12, 3)) AS spot,
         CAST(LAST_VALUE((bid + ask) / 2) FILTER (WHERE venue = 'futures') AS DECIMAL(12, 3)) AS futures
  FROM TABLE(TUMBLE(TABLE books, DESCRIPTOR(ts), INTERVAL '1' SECOND))
  GROUP BY window_start, window_end
)
WHERE spot IS NOT NULL AND futures IS NOT NULL;

-- Five seconds, looked at every second, in which the traded price moved by more than 10 basis points.
CREATE VIEW alert_view AS
SELECT window_start, window_end, venue, low, high,
       CAST((high - low) / low * 10000 AS DECIMAL(8, 4)) AS move_bp
FROM (
  SELECT window_start, window_end, venue, MIN(price) AS low, MAX(price) AS high
  FROM TABLE(HOP(TABLE trades, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '5' SECOND))
  GROUP BY window_start, window_end, venue
)
WHERE (high - low) / low * 10000 > 10;

CREATE TABLE candles (
  window_start TIMESTAMP(3), venue STRING, open_price DECIMAL(10, 2), high DECIMAL(10, 2), low DECIMAL(10, 2),
  close_price DECIMAL(10, 2), volume DECIMAL(38, 5), vwap DECIMAL(12, 4), trades BIGINT
) WITH ('connector' = 'print', 'print-identifier' = 'candles');

CREATE TABLE quotes (
  window_start TIMESTAMP(3), venue STRING, bid DECIMAL(10, 2), ask DECIMAL(10, 2), spread_bp DECIMAL(8, 4),
  imbalance DECIMAL(6, 4), updates BIGINT
) WITH ('connector' = 'print', 'print-identifier' = 'quotes');

CREATE TABLE basis (
  window_start TIMESTAMP(3), spot DECIMAL(12, 3), futures DECIMAL(12, 3), basis DECIMAL(13, 3), basis_bp DECIMAL(8, 4)
) WITH ('connector' = 'print', 'print-identifier' = 'basis');

CREATE TABLE alerts (
  window_start TIMESTAMP(3), window_end TIMESTAMP(3), venue STRING, low DECIMAL(10, 2), high DECIMAL(10, 2),
  move_bp DECIMAL(8, 4)
) WITH ('connector' = 'print', 'print-identifier' = 'alerts');

EXECUTE STATEMENT SET BEGIN
  INSERT INTO candles SELECT * FROM candle_view;
  INSERT INTO quotes SELECT * FROM quote_view;
  INSERT INTO basis SELECT * FROM basis_view;
  INSERT INTO alerts SELECT * FROM alert_view;
END;
