/* What becomes of the rows of a bare SELECT: a table, JSON lines, CSV, or the changelog.
 *
 *     table      columns of text, aligned; rows of an append-only result as they come, else the final rows at the end
 *     json       one object a line
 *     csv        a header, then one line a row
 *     changelog  one change a line: kind, then the values, separated by tabs; NULL as \N; escapes as in PostgreSQL's COPY text; nested values
 *                as JSON
 *
 * json and csv, too, wait for the end when rows can be taken back; a result that updates without end is for `changelog`. */
#ifndef TW_MAIN_RESULT_H
#define TW_MAIN_RESULT_H

#include <stdio.h>

#include "plan/plan.h"

typedef enum tw_result_format { TW_RESULT_TABLE, TW_RESULT_JSON, TW_RESULT_CSV, TW_RESULT_CHANGELOG } tw_result_format;

/* -1 when there is no format of that name. */
int tw_result_format_parse(const char *name);

typedef struct tw_result tw_result;

/* `row` and `session` are borrowed. `bounded`: the input ends, so that column widths may wait for it. */
tw_status tw_result_open(tw_mem *mem, const tw_session *session, const tw_type *row, tw_result_format format, bool updating, bool bounded, FILE *out,
                         tw_result **result, tw_error *error);
tw_status tw_result_push(tw_result *result, const tw_batch *batch, tw_error *error);
/* The end of the rows: what was held back is written. */
tw_status tw_result_finish(tw_result *result, tw_error *error);
void tw_result_close(tw_result *result);

/* One value as CAST(... AS STRING) gives it; "NULL" for null. */
void tw_result_value(tw_buf *out, const tw_session *session, const tw_column *column, int32_t row);

#endif
