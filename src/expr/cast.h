/* The inside of CAST and TRY_CAST: one caster per pair of atomic types; nested types are cast child by child (fn_cast.c).
 *
 * Texts are in cast_text.c, numbers in cast_number.c, dates and times in cast_time.c. */
#ifndef TW_EXPR_CAST_H
#define TW_EXPR_CAST_H

#include "expr/kernel.h"

typedef struct tw_caster tw_caster;
/* Converts the value at from[i], which is not null, into to[at]. False: it cannot be converted. A result that is NULL is marked with
 * tw_out_null. */
typedef bool (*tw_cast_value)(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at);

struct tw_caster {
    tw_eval *eval;
    const tw_type *from, *to;
    tw_cast_value value; /* NULL for nested types */
};

/* NULL when there is no such conversion. */
tw_cast_value tw_cast_to_text(const tw_type *from, const tw_type *to);   /* text and bytes, from anything */
tw_cast_value tw_cast_to_number(const tw_type *from, const tw_type *to); /* BOOLEAN too */
tw_cast_value tw_cast_to_time(const tw_type *from, const tw_type *to);   /* dates, times, timestamps, intervals */
/* A value as CAST(... AS STRING) writes it. */
void tw_cast_print(tw_buf *out, const tw_session *session, const tw_column *column, int32_t row);

#endif
