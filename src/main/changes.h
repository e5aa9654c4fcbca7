/* The changes that a job under test has made, as text, and their comparison with what a behaviour file expects. */
#ifndef TW_MAIN_CHANGES_H
#define TW_MAIN_CHANGES_H

#include "data/batch.h"

typedef struct tw_noted_change {
    int8_t kind; /* tw_change */
    tw_str text; /* "[1, a]", or "identifier> [1, a]" of a print sink */
} tw_noted_change;

typedef struct tw_changes {
    tw_arena arena;
    tw_noted_change *at;
    int32_t count, capacity;
    int32_t look; /* first one that no `emits` has seen */
} tw_changes;

void tw_changes_init(tw_changes *changes, tw_mem *mem);
void tw_changes_free(tw_changes *changes);
tw_status tw_changes_add(tw_changes *changes, int8_t kind, tw_str text);
/* A line of a print sink: "[identifier> ]+I[...]". Others are taken as inserts of themselves. */
tw_status tw_changes_add_line(tw_changes *changes, tw_str line);
tw_status tw_changes_add_batch(tw_changes *changes, tw_mem *mem, const tw_batch *batch);

/* Net effect of changes [from, count) against expected lines "[n ]+[..]" / "-[..]" (kinds +I -U +U -D mean their sign), or, with `standing`, rows "[n ][..]". On a
 * difference false, and both sides in the report. */
bool tw_changes_match(const tw_changes *changes, int32_t from, bool standing, const tw_str *expected, int32_t nexpected, tw_buf *report);
/* Change by change, in order. */
bool tw_changes_match_exactly(const tw_changes *changes, int32_t from, const tw_str *expected, int32_t nexpected, tw_buf *report);

#endif
