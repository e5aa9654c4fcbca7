/* What the `bind` functions of the function table share: checking argument types, coercing them, deriving the
 * result type.
 *
 * Most functions say what they take by a signature, one letter per argument:
 *
 *   s  text (CHAR, VARCHAR)                     b  bytes (BINARY, VARBINARY)      x  text or bytes
 *   i  TINYINT SMALLINT INT, made INT           l  any integer, made BIGINT       n  any number, as it is
 *   d  any number, made DOUBLE                  B  BOOLEAN                        z  DECIMAL or integer, as
 * it is D  DATE     H  TIME                         T  TIMESTAMP    L  TIMESTAMP_LTZ  (p as it is) t
 * TIMESTAMP or TIMESTAMP_LTZ               c  any of DATE TIME TIMESTAMP TIMESTAMP_LTZ v  interval y  symbol
 * (a keyword argument) a  ARRAY    m  MAP    r  ROW                .  anything q  INT that is a literal S
 * text that is a literal
 *
 * `|` before the first optional argument, `*` after a letter that may repeat (last only). A NULL literal fits
 * every letter and is cast to the letter's type. So SUBSTRING is "si|i" and CONCAT_WS "ss*". Arity is checked
 * by the table before. */
#ifndef TW_EXPR_BINDLIB_H
#define TW_EXPR_BINDLIB_H

#include "expr/function.h"

/* Does the call fit? Changes nothing. */
bool tw_bind_matches(const tw_bind *bind, const char *signature);
/* Checks, coerces, and gives `result` the call's nullability: nullable when an argument is, or
 * TW_FN_NULL_RESULT. */
tw_status tw_bind_signature(tw_bind *bind, const char *signature, const tw_type *result);
/* The same with a result of argument `arg`'s type (after coercion). */
tw_status tw_bind_signature_as(tw_bind *bind, const char *signature, int arg);

/* "cannot apply 'F' to arguments of type 'F(<INT>, <DATE>)'", with the usage as the supported form. */
tw_status tw_bind_mismatch(tw_bind *bind);
/* Casts argument `arg` to `type` (kind and parameters; nullability stays the argument's). */
void tw_bind_coerce(tw_bind *bind, int arg, const tw_type *type);
/* Casts arguments from .. nargs-1 to their common type and returns it, or NULL when they have none. */
const tw_type *tw_bind_coerce_common(tw_bind *bind, int from);
/* Sets the result: `type` made nullable or NOT NULL by the rule above. Returns TW_OK. */
tw_status tw_bind_result(tw_bind *bind, const tw_type *type);
/* Sets the result with the nullability said here. */
tw_status tw_bind_result_nullable(tw_bind *bind, const tw_type *type, bool nullable);
bool tw_bind_any_nullable(const tw_bind *bind);

/* The value of a literal argument (through casts of literals that the binder has folded), or NULL when it is
 * none. */
const tw_value *tw_bind_literal(const tw_bind *bind, int arg);
/* A literal non-null string, integer or symbol argument; false when it is not one. */
bool tw_bind_literal_str(const tw_bind *bind, int arg, tw_str *out);
bool tw_bind_literal_int(const tw_bind *bind, int arg, int64_t *out);

/* Is it a call whose text is JSON already (JSON_OBJECT, JSON_ARRAY)? Defined in fn_json_build.c. */
bool tw_bind_makes_json(const tw_expr *e);

/* Bind functions for the commonest shapes, to be named in the table. */
tw_status tw_bind_text_to_text(tw_bind *bind);      /* "s" -> STRING */
tw_status tw_bind_text_to_int(tw_bind *bind);       /* "s" -> INT */
tw_status tw_bind_text2_to_boolean(tw_bind *bind);  /* "ss" -> BOOLEAN */
tw_status tw_bind_double_to_double(tw_bind *bind);  /* "d" -> DOUBLE */
tw_status tw_bind_double2_to_double(tw_bind *bind); /* "dd" -> DOUBLE */
tw_status tw_bind_boolean(tw_bind *bind);           /* anything -> BOOLEAN */
tw_status tw_bind_boolean_not_null(tw_bind *bind);  /* anything -> BOOLEAN NOT NULL */
tw_status tw_bind_first_arg(tw_bind *bind);         /* anything -> type of argument 0 */

/* For table entries that lack one. */
tw_status tw_no_bind(tw_bind *bind);
tw_kernel tw_no_kernel(const tw_type *result, const tw_expr *const *args, int nargs);
const tw_aggregate *tw_no_aggregate(const tw_type *result, const tw_type *const *args, int nargs, bool retract);

#endif
