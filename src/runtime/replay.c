/* By which column a scan is replayed: the one that its watermark is made of. */
#include "runtime/job_internal.h"

static bool is_call(const tw_expr *e, const char *name) {
    return e->kind == TW_EXPR_CALL && tw_str_equal(tw_str_of(e->function->name), tw_str_of(name));
}

static bool milliseconds(const tw_expr *e) {
    if (e->nargs == 1) return true;
    return e->nargs == 2 && e->args[1]->kind == TW_EXPR_LITERAL && !e->args[1]->literal->null && e->args[1]->literal->u.i == 3;
}

/* The input column that holds the time which the expression gives, -1: it is computed in another way. */
static int time_of(const tw_expr *e) {
    if (e->kind == TW_EXPR_COLUMN) return e->column;
    if (is_call(e, "CAST") && tw_kind_is_timestamp(e->type->kind) && tw_kind_is_timestamp(e->args[0]->type->kind)) return time_of(e->args[0]);
    if (is_call(e, "TO_TIMESTAMP_LTZ") && e->args[0]->type->kind == TW_BIGINT && milliseconds(e)) return time_of(e->args[0]);
    return -1;
}

tw_str tw_replay_column(const tw_plan *plan, const tw_plan_node *scan) {
    for (int i = 0; i < plan->nnodes; i++) {
        const tw_plan_node *node = plan->nodes[i];
        if (node->kind != TW_PLAN_WATERMARK) continue;
        int column = node->u.watermark.column;
        for (node = node->inputs[0]; node->kind == TW_PLAN_CALC && column >= 0; node = node->inputs[0])
            column = time_of(node->u.calc.project[column]);
        if (node != scan || column < 0 || column >= scan->u.scan.wanted->nfields) continue;
        const tw_field *field = &scan->u.scan.wanted->fields[column];
        if (tw_kind_is_timestamp(field->type->kind) || field->type->kind == TW_BIGINT) return field->name;
    }
    return TW_STR("");
}
