-- A week of earthquakes, in the order in which the catalogue heard of them: half of the reports come more than four hours after the
-- earth shook. The same reports are counted per day three times: by the day they arrived, by the day of the quake with an hour's
-- patience, and by the day of the quake with a week's.
--
--     thalweg run examples/earthquakes/earthquakes.sql      (in the project's folder: the paths below are relative)

CREATE TABLE hasty (
  ts      TIMESTAMP(3),   -- when the earth shook
  updated TIMESTAMP(3),   -- when the report arrived
  mag     DOUBLE,
  place   STRING,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/data/earthquakes.jsonl.zst',
  'format' = 'json'
);

CREATE TABLE patient (WATERMARK FOR ts AS ts - INTERVAL '7' DAY) LIKE hasty (OVERWRITING WATERMARKS);
CREATE TABLE arriving (WATERMARK FOR updated AS updated) LIKE hasty (EXCLUDING WATERMARKS);

CREATE VIEW by_arrival_view AS
SELECT CAST(window_start AS DATE) AS arrived, COUNT(*) AS reports, MAX(mag) AS strongest,
       AVG(minutes) AS mean_minutes, MAX(minutes) AS most_minutes
FROM TABLE(TUMBLE(
  (SELECT updated, mag, CAST(TIMESTAMPDIFF(MINUTE, ts, updated) AS BIGINT) AS minutes FROM arriving),
  DESCRIPTOR(updated), INTERVAL '1' DAY))
GROUP BY window_start, window_end;

CREATE VIEW in_haste_view AS
SELECT CAST(window_start AS DATE) AS shaken, COUNT(*) AS quakes, MAX(mag) AS strongest
FROM TABLE(TUMBLE(TABLE hasty, DESCRIPTOR(ts), INTERVAL '1' DAY))
GROUP BY window_start, window_end;

CREATE VIEW by_quake_view AS
SELECT CAST(window_start AS DATE) AS shaken, COUNT(*) AS quakes, MAX(mag) AS strongest
FROM TABLE(TUMBLE(TABLE patient, DESCRIPTOR(ts), INTERVAL '1' DAY))
GROUP BY window_start, window_end;

CREATE TABLE by_arrival (
  arrived DATE, reports BIGINT, strongest DOUBLE, mean_minutes BIGINT, most_minutes BIGINT
) WITH ('connector' = 'print', 'print-identifier' = 'by_arrival');

CREATE TABLE by_quake_in_haste (
  shaken DATE, quakes BIGINT, strongest DOUBLE
) WITH ('connector' = 'print', 'print-identifier' = 'by_quake_in_haste');

CREATE TABLE by_quake (
  shaken DATE, quakes BIGINT, strongest DOUBLE
) WITH ('connector' = 'print', 'print-identifier' = 'by_quake');

EXECUTE STATEMENT SET BEGIN
  INSERT INTO by_arrival SELECT * FROM by_arrival_view;
  INSERT INTO by_quake_in_haste SELECT * FROM in_haste_view;
  INSERT INTO by_quake SELECT * FROM by_quake_view;
END;
