/* The temporary folder of one run of a behaviour file: what ${scratch} in its texts stands for.
 *
 * It is made when a text first names it and removed with all its files behind the run, so runs never see each other's files. */
#ifndef TW_MAIN_SCRATCH_H
#define TW_MAIN_SCRATCH_H

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

typedef struct tw_scratch {
    char path[256]; /* empty: not made yet */
} tw_scratch;

/* *out: `text` itself, or a copy in the arena with the path for each ${scratch}. */
tw_status tw_scratch_expand(tw_scratch *scratch, tw_arena *arena, tw_str text, tw_str *out, tw_error *error);
/* What cannot be removed stays. */
void tw_scratch_remove(tw_scratch *scratch);

#endif
