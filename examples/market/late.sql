-- Late trades, and how they are repaired. The watermark below waits for nothing, and of the futures' messages seven trades arrive
-- behind it when their one-second candle is closed already.
--
--     thalweg run --format changelog --batch 1 examples/market/late.sql
--
-- EMIT and $late are Thalweg's own: Flink would drop the seven and only count them.

CREATE TABLE btc_futures (
  `type`   STRING,
  ts       TIMESTAMP(3),
  trade_id BIGINT,
  price    DECIMAL(10, 2),
  qty      DECIMAL(12, 5),
  WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/data/btc_futures.jsonl.zst',
  'format' = 'json'
);

CREATE VIEW trades AS SELECT ts, price, qty FROM btc_futures WHERE `type` = 'trade';

-- Emitted once, then again for each late trade of the next ten seconds: the candle of 23:56:22 is taken back and replaced.
SELECT window_start,
       FIRST_VALUE(price) AS open_price, MAX(price) AS high, MIN(price) AS low, LAST_VALUE(price) AS close_price,
       SUM(qty) AS volume, COUNT(*) AS trades
FROM TABLE(TUMBLE(TABLE trades, DESCRIPTOR(ts), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
EMIT ON CLOSE WITH LATENESS INTERVAL '10' SECOND;
