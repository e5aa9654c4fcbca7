/* Behaviour files: SQL, input and expected output in one readable text (tests/sql/...slt; `thalweg test`).
 *
 *     # a comment
 *     statement                      DDL, SET: must succeed        statement error [SQLSTATE] [at LINE:COLUMN]
 *     <sql>                                                        <sql>
 *                                                                  ----
 *                                                                  <message>, then the lines "detail: ..." and "hint: ..." that it has
 *     query [ordered]                a bounded query, run to its end (rows compared as a multiset, or in order)
 *     <sql>
 *     ----
 *     [1, a]                         rows as `print` writes them
 *
 *     job                            starts a SELECT or INSERTs (separated by ;) that the following steps drive
 *     <sql>
 *     feed TABLE [PARTITION]         lines for a table WITH ('connector' = 'feed')
 *     <lines>
 *     watermark TABLE [PARTITION] TIMESTAMP
 *     advance DURATION               processing time
 *     checkpoint                     snapshot; the job goes on
 *     crash                          the job is restored from its last snapshot (or from its beginning)
 *     end [TABLE]                    the input's end; feed, watermark and end before any job say what queries and the next job find
 *     emits                          net changes since the last look: "+[1, a]" came, "-[1, a]" went ("2 +[..]" twice)
 *     <lines>
 *     table                          all rows that stand now
 *     <lines>
 *     changes                        every change in order, "+I[1, a]": only where mini-batch is off, with one shard
 *     <lines>
 *     late TABLE N; errors TABLE N   rows in TABLE$late, TABLE$errors so far
 *     fails [SQLSTATE]               the job has failed
 *     ----
 *     <message>
 *     one-shard                      what follows depends on the order of arrival: only run with one shard
 *     no-restarts                    what follows depends on time that has passed since the start: not run where each step restarts
 *
 * A directive's text ends at an empty line. What EXPLAIN and SHOW CREATE print is compared line by line, without its empty lines.
 * ${scratch} in SQL, input and expected lines is the path of a temporary folder: new and empty in each run under each configuration (not after
 * each restart), removed behind it. Sinks write into it and later queries read it again.
 *
 * Every file is run under a matrix: batch sizes, shards, scheduler seeds, and a restore after every
 * step at another shard count; what it expects must hold in all of them. */
#ifndef TW_MAIN_BEHAVIOUR_H
#define TW_MAIN_BEHAVIOUR_H

#include "base/buf.h"
#include "base/error.h"

typedef enum tw_step_kind {
    TW_STEP_STATEMENT,
    TW_STEP_QUERY,
    TW_STEP_JOB,
    TW_STEP_FEED,
    TW_STEP_WATERMARK,
    TW_STEP_ADVANCE,
    TW_STEP_CHECKPOINT,
    TW_STEP_CRASH,
    TW_STEP_END,
    TW_STEP_EMITS,
    TW_STEP_TABLE,
    TW_STEP_CHANGES,
    TW_STEP_LATE,
    TW_STEP_BAD,
    TW_STEP_FAILS,
    TW_STEP_ONE_SHARD,
    TW_STEP_NO_RESTARTS
} tw_step_kind;

typedef struct tw_behaviour_step {
    tw_step_kind kind;
    int32_t line; /* of the directive, from 1 */
    tw_str table;
    int32_t partition;
    int64_t number;      /* WATERMARK, ADVANCE: ms; LATE, BAD: rows */
    bool error, ordered; /* STATEMENT error; QUERY ordered */
    char sqlstate[6];
    int32_t at_line, at_column; /* of the error; 0: not said */
    tw_str text;                /* SQL, fed lines */
    tw_str *expected;           /* lines behind ----, or of EMITS, TABLE, CHANGES */
    int32_t nexpected;
} tw_behaviour_step;

typedef struct tw_behaviour_file {
    const char *path;
    tw_behaviour_step *steps;
    int32_t nsteps;
    int32_t cases; /* steps that expect something */
} tw_behaviour_file;

/* Steps point into `text`. Errors name the line. */
tw_status tw_behaviour_parse(tw_arena *arena, const char *path, tw_str text, tw_behaviour_file *out, tw_error *error);

typedef struct tw_behaviour_config {
    int32_t batch_rows, shards;
    uint64_t seed;
    bool restore; /* snapshot and restore after every step, each time at another shard count */
} tw_behaviour_config;

/* Runs the file once. On a difference: false, and `report` has the place and both sides. */
bool tw_behaviour_run(const tw_behaviour_file *file, const tw_behaviour_config *config, tw_buf *report);

#endif
