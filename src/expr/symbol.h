/* Keyword arguments: literals of type SYMBOL whose value (u.i) is a number from here. Below TW_SYM_FIRST it is a tw_time_unit.
 *
 * How the special syntaxes become ordinary calls (names are the function table's):
 *   TRIM([BOTH|LEADING|TRAILING] [chars] FROM x)   TRIM(symbol, chars, x); TRIM(x) stays as it is
 *   EXTRACT(unit FROM x)                           EXTRACT(symbol, x)
 *   FLOOR(x TO unit), CEIL(x TO unit)              FLOOR(x, symbol), CEIL(x, symbol)
 *   TIMESTAMPADD(unit, n, x)                       TIMESTAMPADD(symbol, n, x), TIMESTAMPDIFF alike
 *   (a, b) OVERLAPS (c, d)                         OVERLAPS(a, b, c, d)
 *   x LIKE p ESCAPE e, x SIMILAR TO p ESCAPE e     LIKE(x, p, e), SIMILAR TO(x, p, e)
 *   JSON_EXISTS(x, path b ON ERROR)                JSON_EXISTS(x, path, symbol)              b: TRUE FALSE UNKNOWN ERROR
 *   JSON_VALUE(x, path RETURNING t b ON EMPTY c ON ERROR)
 *                                                  JSON_VALUE(x, path, symbol b, default of b, symbol c, default of c); t in
 *                                                  bind->cast_type; b, c: NULL ERROR DEFAULT; a default not given is NULL
 *   JSON_QUERY(x, path RETURNING t w WRAPPER b ON EMPTY c ON ERROR)
 *                                                  JSON_QUERY(x, path, symbol w, symbol b, symbol c)
 *                                                  w: WITHOUT CONDITIONAL UNCONDITIONAL; b, c: NULL ERROR EMPTY_ARRAY EMPTY_OBJECT
 *   x IS JSON [VALUE|SCALAR|ARRAY|OBJECT]          IS JSON(x [, symbol])
 *   JSON_OBJECT(k VALUE v, ... b ON NULL)          JSON_OBJECT(symbol, k, v, ...)            b: NULL ABSENT
 *   JSON_ARRAY(v, ... b ON NULL)                   JSON_ARRAY(symbol, v, ...) */
#ifndef TW_EXPR_SYMBOL_H
#define TW_EXPR_SYMBOL_H

#include "base/str.h"

#define TW_SYM_FIRST 64
typedef enum tw_symbol {
    TW_SYM_BEFORE_FIRST = TW_SYM_FIRST - 1,
#define X(name) TW_SYM_##name,
#include "expr/symbol.def"
#undef X
    TW_SYM_END
} tw_symbol;

/* By name without case, time units included; -1 when there is none. */
int tw_symbol_parse(tw_str name);
const char *tw_symbol_name(int symbol); /* "BOTH", "SECOND" */

#endif
