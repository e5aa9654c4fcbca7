/* Where a plan is cut into regions, the parts that become tasks.
 *
 * Rows go on by direct calls along an edge inside a region and through channels along an edge between regions. Exchanges ask for a cut. Two
 * things come on top:
 *
 *   1. A region must not lie above and below another one: its tasks would wait for themselves. Where a plain edge would close such a circle
 *      (scan -> union beside scan -> exchange -> aggregate -> union), it is cut as well: a forward edge, from each task to the one of the same
 *      number.
 *   2. An exchange between regions of one task each is left out, and the regions are one, unless that closes a circle.
 *
 * Invariant: contracted to its regions, the plan is acyclic. It holds when every node is a region; two regions A -> B are only united when no
 * way leads from A to B through a third, and their direct edges are then all inside. */
#include "runtime/job_internal.h"

typedef struct cutter {
    tw_job *job;
    int *region_of; /* by node: another of the same region, itself at the root */
    bool *reached;  /* by root, for longer_way */
} cutter;

static int root(cutter *c, int i) {
    while (c->region_of[i] != i) i = c->region_of[i] = c->region_of[c->region_of[i]];
    return i;
}

static int from(cutter *c, const tw_edge *e) { return root(c, e->from->index); }
static int to(cutter *c, const tw_edge *e) { return root(c, e->to->index); }

/* Does a way lead from region a to region b through a third? */
static bool longer_way(cutter *c, int a, int b) {
    const tw_job *job = c->job;
    memset(c->reached, 0, sizeof *c->reached * (size_t)job->plan->nnodes);
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < job->nedges; i++) {
            int f = from(c, &job->edges[i]), t = to(c, &job->edges[i]);
            if (f == t || c->reached[t] || !(c->reached[f] || (f == a && t != b))) continue;
            if (t == b) return true;
            c->reached[t] = more = true;
        }
    }
    return false;
}

static bool direct_exchange(cutter *c, int a, int b) {
    for (int i = 0; i < c->job->nedges; i++) {
        const tw_edge *e = &c->job->edges[i];
        if (e->to->kind == TW_PLAN_EXCHANGE && from(c, e) == a && to(c, e) == b) return true;
    }
    return false;
}

/* Unites along plain edges. A reader of one input is a region by itself until then, so nothing else leads to it. */
static void join_plain(cutter *c) {
    for (int i = 0; i < c->job->nedges; i++) {
        const tw_edge *e = &c->job->edges[i];
        int a = from(c, e), b = to(c, e);
        if (e->to->kind == TW_PLAN_EXCHANGE || a == b) continue;
        if (e->to->ninputs > 1 && (direct_exchange(c, a, b) || longer_way(c, a, b))) continue;
        c->region_of[a] = b;
    }
}

/* Parallel tasks of a region: one where rows come together, and where there are no rows but literal ones. */
static int instances(cutter *c, int region) {
    const tw_job *job = c->job;
    bool only_literals = true;
    for (int i = 0; i < job->plan->nnodes; i++) {
        const tw_plan_node *node = job->plan->nodes[i];
        if (root(c, i) != region) continue;
        if (node->kind == TW_PLAN_EXCHANGE && node->u.exchange.kind == TW_EXCHANGE_SINGLE) return 1;
        if (node->kind == TW_PLAN_SCAN) only_literals = false;
    }
    for (int i = 0; i < job->nedges && only_literals; i++) only_literals = to(c, &job->edges[i]) != region || from(c, &job->edges[i]) == region;
    return only_literals ? 1 : job->options.nshards;
}

static void leave_out_exchanges(cutter *c) {
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < c->job->nedges; i++) {
            int a = from(c, &c->job->edges[i]), b = to(c, &c->job->edges[i]);
            if (a == b || instances(c, a) != 1 || instances(c, b) != 1 || longer_way(c, a, b)) continue;
            c->region_of[a] = b;
            again = true;
        }
    }
}

static void *need(tw_job *job, size_t n, size_t size, tw_error *error) {
    void *p = tw_arena_calloc(&job->arena, (n + 1) * size);
    if (!p) tw_fail(error, TW_E_NOMEM, "out of memory");
    return p;
}

static tw_status list_edges(tw_job *job, tw_error *error) {
    const tw_plan *plan = job->plan;
    int n = 0;
    for (int i = 0; i < plan->nnodes; i++) n += plan->nodes[i]->ninputs;
    job->edges = need(job, (size_t)n, sizeof *job->edges, error);
    if (!job->edges) return TW_E_NOMEM;
    for (int i = 0; i < plan->nnodes; i++)
        for (int k = 0; k < plan->nodes[i]->ninputs; k++)
            job->edges[job->nedges++] = (tw_edge){.from = plan->nodes[i]->inputs[k], .to = plan->nodes[i], .port = k};
    return TW_OK;
}

static tw_status list_regions(cutter *c, tw_error *error) {
    tw_job *job = c->job;
    int n = job->plan->nnodes;
    job->regions = need(job, (size_t)n, sizeof *job->regions, error);
    job->region_of = need(job, (size_t)n, sizeof *job->region_of, error);
    if (!job->regions || !job->region_of) return TW_E_NOMEM;
    for (int r = 0; r < n; r++) {
        if (root(c, r) != r) continue;
        tw_region *region = &job->regions[job->nregions++];
        region->ninstances = instances(c, r);
        region->nodes = need(job, (size_t)n, sizeof *region->nodes, error);
        region->tasks = need(job, (size_t)region->ninstances, sizeof *region->tasks, error);
        if (!region->nodes || !region->tasks) return TW_E_NOMEM;
        for (int i = 0; i < n; i++) {
            if (root(c, i) != r) continue;
            region->nodes[region->nnodes++] = job->plan->nodes[i];
            region->side_fed |= job->plan->nodes[i]->kind == TW_PLAN_SIDE_SCAN;
            job->region_of[i] = region;
        }
        job->ntasks += region->ninstances;
    }
    return TW_OK;
}

/* Regions below a side table's scan. */
static void spread_side_fed(tw_job *job) {
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < job->nedges; i++) {
            const tw_region *above = job->region_of[job->edges[i].from->index];
            tw_region *below = job->region_of[job->edges[i].to->index];
            more |= above->side_fed && !below->side_fed;
            below->side_fed |= above->side_fed;
        }
    }
}

tw_status tw_regions_find(tw_job *job, tw_error *error) {
    size_t n = (size_t)job->plan->nnodes;
    TW_TRY(list_edges(job, error));
    cutter c = {job, need(job, n, sizeof *c.region_of, error), need(job, n, sizeof *c.reached, error)};
    if (!c.region_of || !c.reached) return TW_E_NOMEM;
    for (size_t i = 0; i < n; i++) c.region_of[i] = (int)i;
    join_plain(&c);
    leave_out_exchanges(&c);
    for (int i = 0; i < job->nedges; i++) job->edges[i].cut = from(&c, &job->edges[i]) != to(&c, &job->edges[i]);
    TW_TRY(list_regions(&c, error));
    spread_side_fed(job);
    return TW_OK;
}
