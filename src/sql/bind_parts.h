/* The binder of expressions from inside: what the bind_*.c files share. A door of its own for whoever binds a clause is bind.h. */
#ifndef TW_SQL_BIND_PARTS_H
#define TW_SQL_BIND_PARTS_H

#include "sql/bind.h"

/* bind_literal.c, bind_datetime.c, bind_interval.c: a LITERAL node. */
tw_status tw_bind_literal_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
tw_status tw_bind_datetime_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
tw_status tw_bind_interval_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
/* bind_call.c: a CALL node that the special hook has not taken. */
tw_status tw_bind_call_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
/* bind_operator.c: calls that are written otherwise in the function table. TW_END: not one of them. */
tw_status tw_bind_operator_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
/* bind_column.c: a field of a ROW value by its name. */
tw_status tw_bind_field_of(tw_binder *binder, const tw_expr *base, const tw_ast_name *name, const tw_expr **out);

/* A literal at the node's place. */
const tw_expr *tw_bind_value(tw_binder *binder, const tw_value *value, tw_pos pos);
/* One call folded, when its arguments are literals and it can be evaluated; else `e` itself. */
const tw_expr *tw_fold_call(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e);
/* The same with the arguments: coercions of literals that the function table has put in. */
const tw_expr *tw_fold_args(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e);
/* "WHERE", or "this place" when nobody has said. */
static inline const char *tw_bind_clause(const tw_binder *binder) { return binder->clause ? binder->clause : "this place"; }

/* Names for "did you mean": collected, then compared. */
typedef struct tw_names {
    tw_arena *arena;
    const char **at;
    int count;
} tw_names;
void tw_names_add(tw_names *names, tw_str name);
/* Sets the error's hint when one of the names is near. */
void tw_names_hint(const tw_names *names, tw_str name, tw_error *error);

#endif
