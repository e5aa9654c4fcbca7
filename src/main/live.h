/* Live tables: what `print` sinks of a script write, kept as tables and drawn on the terminal while a job runs (run --live, demo).
 *
 * The connector `print` of a registry copy hands its rows here. A table keeps its newest rows, takes out those that are taken back, and adds
 * every row's hash to a sum, by which two runs are compared. Sinks write from the shards' threads, one thread draws: a lock is around both. */
#ifndef TW_MAIN_LIVE_H
#define TW_MAIN_LIVE_H

#include <stdio.h>

#include "connector/connector.h"
#include "runtime/job.h"

enum { TW_LIVE_TABLES = 16, TW_LIVE_COLUMNS = 32, TW_LIVE_ROWS = 64 };

typedef enum tw_live_mode {
    TW_LIVE_DRAW,  /* tables in place, on a terminal */
    TW_LIVE_LINES, /* a line a change, as `print` writes it */
    TW_LIVE_SILENT /* kept for comparison only */
} tw_live_mode;

typedef struct tw_live tw_live;

tw_status tw_live_open(tw_live_mode mode, FILE *out, tw_live **live, tw_error *error);
void tw_live_close(tw_live *live);
const tw_registry *tw_live_registry(tw_live *live);
/* Draws the tables and a line about the job (TW_LIVE_DRAW; else nothing). */
void tw_live_draw(tw_live *live, const tw_job_stats *stats, const tw_latency *latency, double seconds);
/* Gives the terminal back; the tables stay below the cursor as they are. */
void tw_live_end(tw_live *live);
/* The same rows in the same tables, whatever their order? */
bool tw_live_same(tw_live *a, tw_live *b);

#endif
