/* Running scripts: statements one after the other, jobs to their ends.
 *
 * INSERTs that follow each other are gathered and become one job, so that they share scans and sub-plans. They run when the script ends, or
 * before a statement that needs their output, or when they are a thousand. Before a bare SELECT they run to their end when all of them are bounded; else they and the
 * SELECT are one job. */
#ifndef TW_MAIN_SCRIPT_H
#define TW_MAIN_SCRIPT_H

#include "main/live.h"
#include "main/result.h"
#include "os/os.h"
#include "runtime/job.h"
#include "sql/sql.h"

typedef struct tw_script_options {
    tw_result_format format;
    tw_job_options job; /* shards, seed, ...; collect and side are the script's own */
    size_t memory;      /* of --memory: the limit of the budget that a script is to be opened with; bytes, 0: none */
    bool progress;      /* a line on standard error while a job runs */
    tw_live *live;      /* takes the rows of print sinks, NULL: they are printed */
    bool replay_given;  /* job.replay_speed was asked for; else the setting thalweg.replay-speed counts */
    FILE *out;
} tw_script_options;

typedef struct tw_script_totals {
    uint64_t rows_in, rows_out;
    int64_t ns; /* in jobs */
    int jobs;
} tw_script_totals;

typedef struct tw_script tw_script;

/* Everything is charged to `mem` or to budgets below it; `mem` outlives the script. */
tw_status tw_script_open(tw_mem *mem, const tw_script_options *options, tw_script **out, tw_error *error);
void tw_script_close(tw_script *script);
/* Runs all of `text` (copied); prints results to options->out. Stops at the first error, whose position is in `text`. TW_E_CANCELLED after
 * Ctrl-C. */
tw_status tw_script_run(tw_script *script, tw_str text, tw_error *error);
/* EXPLAIN of every INSERT and query of the text; DDL is executed, nothing else is. */
tw_status tw_script_explain(tw_script *script, tw_str text, tw_error *error);
/* Looks at every statement: `each` is called for every error, in order. Nothing runs. Returns how many there were. */
int tw_script_check(tw_script *script, tw_str text, void (*each)(void *context, const tw_error *error), void *context);
const tw_script_totals *tw_script_get_totals(const tw_script *script);
tw_sql *tw_script_sql(tw_script *script);
/* Says on standard error which rows left the flow: late, undecodable, failed. */
void tw_script_report(tw_script *script, FILE *out);

#endif
