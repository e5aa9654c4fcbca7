/* Does the order in which a scan's rows arrive show in a result? */
#include "runtime/job_internal.h"
#include "runtime/spread.h"

static bool adds_floats(const tw_agg_call *call, const tw_type *input) {
    for (int i = 0; i < call->nargs; i++)
        if (tw_kind_is_approximate(input->fields[call->args[i]].type->kind) && strcmp(call->function->name, "COUNT") != 0 &&
            strcmp(call->function->name, "MIN") != 0 && strcmp(call->function->name, "MAX") != 0)
            return true;
    return false;
}

static bool call_shows_order(const tw_job *job, const tw_agg_call *call, const tw_type *input) {
    if (adds_floats(call, input)) return true;
    tw_arena arena;
    const tw_aggregate *aggregate = NULL;
    const tw_type *args[64];
    for (int i = 0; i < call->nargs && i < 64; i++) args[i] = input->fields[call->args[i]].type;
    tw_arena_init(&arena, (tw_mem *)&job->own, 1024);
    tw_status status = tw_aggregate_resolve(&arena, call->function, call->type, args, call->nargs < 64 ? call->nargs : 64, call->retract, &aggregate,
                                            NULL);
    bool shows = status != TW_OK || aggregate->order_dependent;
    tw_arena_free(&arena);
    return shows;
}

static bool aggregation_shows_order(const tw_job *job, const tw_plan_node *n) {
    for (int i = 0; i < n->u.agg.ncalls; i++)
        if (call_shows_order(job, &n->u.agg.calls[i], n->inputs[0]->row)) return true;
    return n->kind == TW_PLAN_COUNT_AGG || (n->kind == TW_PLAN_TRIGGER_AGG && n->u.agg.emit.every_rows > 0);
}

static bool sink_shows_order(const tw_job *job, const tw_plan_sink *sink) {
    const tw_connector *connector = sink->collect ? NULL : tw_registry_connector(job->registry, sink->table.connector);
    return !connector || connector->shows_order;
}

/* Behind an aggregation rows come in an order of its own. */
static bool shows_order(const tw_job *job, const tw_plan_node *n) {
    switch (n->kind) {
    case TW_PLAN_SINK: return sink_shows_order(job, &n->u.sink);
    case TW_PLAN_SORT:
    case TW_PLAN_LIMIT:
    case TW_PLAN_TOP_N:
    case TW_PLAN_COUNT_WINDOW: return true;
    case TW_PLAN_GROUP_AGG:
    case TW_PLAN_WINDOW_AGG:
    case TW_PLAN_SESSION_AGG:
    case TW_PLAN_COUNT_AGG:
    case TW_PLAN_TRIGGER_AGG: return aggregation_shows_order(job, n);
    default: return tw_order_matters(job, n);
    }
}

bool tw_order_matters(const tw_job *job, const tw_plan_node *from) {
    if (job->plan->every_change) return true;
    for (int i = 0; i < job->plan->nnodes; i++) {
        const tw_plan_node *n = job->plan->nodes[i];
        for (int k = 0; k < n->ninputs; k++)
            if (n->inputs[k] == from && shows_order(job, n)) return true;
    }
    return false;
}
