/* From plan to tasks.
 *
 * Exchanges cut the plan into regions; each region becomes one task per shard (one alone behind a SINGLE exchange). With one task on either
 * side an exchange is left out and the regions are one. Inside a task every node is one operator; a node with several readers gets a tee. */
#include <stdlib.h>

#include "runtime/job_internal.h"

typedef struct builder {
    tw_job *job;
    tw_error *error;
    int *region_of;   /* node -> region root (union-find) */
    bool *elided;     /* exchanges that are left out */
    int nchannels_used;
    tw_channel ***channels_of; /* exchange node -> [producer * consumers + consumer] */
} builder;

static bool cuts(const builder *b, const tw_plan_node *n) { return n->kind == TW_PLAN_EXCHANGE && !b->elided[n->index]; }

static int root(builder *b, int i) {
    while (b->region_of[i] != i) i = b->region_of[i] = b->region_of[b->region_of[i]];
    return i;
}

static void unite(builder *b, int i, int j) { b->region_of[root(b, i)] = root(b, j); }

static bool is_input(const tw_plan_node *n) {
    return n->kind == TW_PLAN_SCAN || n->kind == TW_PLAN_VALUES || n->kind == TW_PLAN_SIDE_SCAN;
}

/* Parallel tasks of the region that a node is in. */
static int instances(builder *b, int region) {
    const tw_plan *plan = b->job->plan;
    int n = b->job->options.nshards;
    bool only_literals = true;
    for (int i = 0; i < plan->nnodes; i++) {
        const tw_plan_node *node = plan->nodes[i];
        if (root(b, i) != region) continue;
        if (cuts(b, node)) {
            only_literals = false;
            if (node->u.exchange.kind == TW_EXCHANGE_SINGLE) n = 1;
        }
        if (node->kind == TW_PLAN_SCAN) only_literals = false;
    }
    return only_literals ? 1 : n;
}

/* A cutting exchange belongs to the region below it (its reader's): its gate. The producers' side is a partitioner of the region above. */
static void find_regions(builder *b) {
    const tw_plan *plan = b->job->plan;
    for (int i = 0; i < plan->nnodes; i++) b->region_of[i] = i;
    for (int i = 0; i < plan->nnodes; i++) {
        const tw_plan_node *node = plan->nodes[i];
        for (int k = 0; k < node->ninputs; k++)
            if (!cuts(b, node)) unite(b, node->inputs[k]->index, i);
    }
}

/* Exchanges between regions of one task each are left out, until none is left to leave out. */
static void elide(builder *b) {
    const tw_plan *plan = b->job->plan;
    for (bool again = true; again;) {
        again = false;
        find_regions(b);
        for (int i = 0; i < plan->nnodes && !again; i++) {
            const tw_plan_node *node = plan->nodes[i];
            if (!cuts(b, node)) continue;
            if (instances(b, root(b, node->inputs[0]->index)) != 1) continue;
            if (b->job->options.nshards > 1 && instances(b, root(b, i)) != 1) continue;
            b->elided[i] = true;
            again = true;
        }
    }
    find_regions(b);
}

static void *need(builder *b, size_t size) {
    void *p = tw_arena_calloc(&b->job->arena, size ? size : 1);
    if (!p) tw_fail(b->error, TW_E_NOMEM, "out of memory");
    return p;
}

static tw_status make_regions(builder *b) {
    tw_job *job = b->job;
    const tw_plan *plan = job->plan;
    job->regions = need(b, sizeof *job->regions * (size_t)plan->nnodes);
    if (!job->regions) return TW_E_NOMEM;
    for (int r = 0; r < plan->nnodes; r++) {
        if (root(b, r) != r) continue;
        tw_region *region = &job->regions[job->nregions++];
        region->nodes = need(b, sizeof *region->nodes * (size_t)plan->nnodes);
        region->ninstances = instances(b, r);
        region->tasks = need(b, sizeof *region->tasks * (size_t)region->ninstances);
        if (!region->nodes || !region->tasks) return TW_E_NOMEM;
        for (int i = 0; i < plan->nnodes; i++)
            if (root(b, i) == r) region->nodes[region->nnodes++] = plan->nodes[i];
        job->ntasks += region->ninstances;
    }
    return TW_OK;
}

static tw_region *region_of(builder *b, const tw_plan_node *node) {
    for (int i = 0; i < b->job->nregions; i++)
        for (int k = 0; k < b->job->regions[i].nnodes; k++)
            if (b->job->regions[i].nodes[k] == node) return &b->job->regions[i];
    return NULL;
}

static tw_status make_channels(builder *b) {
    tw_job *job = b->job;
    const tw_plan *plan = job->plan;
    int total = 0;
    for (int i = 0; i < plan->nnodes; i++)
        if (cuts(b, plan->nodes[i]))
            total += region_of(b, plan->nodes[i]->inputs[0])->ninstances * region_of(b, plan->nodes[i])->ninstances;
    job->channels = total ? aligned_alloc(64, sizeof *job->channels * (size_t)total) : NULL;
    if (total && !job->channels) return tw_fail(b->error, TW_E_NOMEM, "out of memory");
    if (total) memset(job->channels, 0, sizeof *job->channels * (size_t)total);
    for (int i = 0; i < plan->nnodes; i++) {
        const tw_plan_node *node = plan->nodes[i];
        if (!cuts(b, node)) continue;
        tw_region *from = region_of(b, node->inputs[0]), *to = region_of(b, node);
        int n = from->ninstances * to->ninstances;
        b->channels_of[i] = need(b, sizeof(tw_channel *) * (size_t)n);
        if (!b->channels_of[i]) return TW_E_NOMEM;
        for (int k = 0; k < n; k++) {
            tw_channel *c = &job->channels[job->nchannels++];
            tw_mem *mem = &job->shards[k / to->ninstances % job->options.nshards].mem; /* the producer's */
            TW_TRY(tw_channel_init(c, mem, node->row, job->options.ring_slots, job->options.batch_rows));
            b->channels_of[i][k] = c;
        }
    }
    return TW_OK;
}

static tw_source_shared *shared_source(builder *b, const tw_plan_node *scan) {
    tw_job *job = b->job;
    for (int i = 0; i < job->nsources; i++)
        if (job->sources[i].node == scan) return &job->sources[i];
    return NULL;
}

static tw_status open_sources(builder *b) {
    tw_job *job = b->job;
    const tw_plan *plan = job->plan;
    job->sources = need(b, sizeof *job->sources * (size_t)plan->nnodes);
    if (!job->sources) return TW_E_NOMEM;
    for (int i = 0; i < plan->nnodes; i++) {
        const tw_plan_node *node = plan->nodes[i];
        if (node->kind != TW_PLAN_SCAN) continue;
        tw_source_shared *s = &job->sources[job->nsources++];
        const tw_connector *connector = tw_registry_connector(job->registry, node->u.scan.table.connector);
        if (!connector || !connector->source)
            return tw_fail(b->error, TW_E_UNSUPPORTED, "the connector '%.*s' cannot be read from", TW_STR_ARG(node->u.scan.table.connector));
        s->node = node;
        s->ops = connector->source;
        pthread_mutex_init(&s->lock, NULL);
        tw_source_context context = {.mem = job->mem, .os = job->os, .registry = job->registry, .session = plan->session, .scan = &node->u.scan};
        TW_TRY(s->ops->open(&context, &s->source, b->error));
        TW_TRY(s->ops->splits(s->source, &s->splits, &s->nsplits, &s->complete, b->error));
        s->refreshed_ns = tw_mono_ns(job->os);
    }
    return TW_OK;
}

/* --- one task --- */

typedef struct wiring { /* of one task: what stands for each node of the plan */
    tw_operator **entry;  /* who takes the node's input rows */
    tw_operator **output; /* whose `next` gets the node's rows */
} wiring;

static tw_operator *add_operator(builder *b, tw_task *task, const tw_operator_ops *ops, const tw_plan_node *node) {
    tw_operator *op = need(b, ops->size);
    if (!op) return NULL;
    op->ops = ops;
    op->node = node;
    op->task = &task->context;
    op->timer_ms = INT64_MAX;
    op->watermark_out = TW_WATERMARK_MIN;
    int nports = node && node->ninputs > 1 ? node->ninputs : 1;
    op->port_watermark = need(b, sizeof(int64_t) * (size_t)nports);
    if (!op->port_watermark) return NULL;
    for (int i = 0; i < nports; i++) op->port_watermark[i] = TW_WATERMARK_MIN;
    task->operators[task->noperators++] = op;
    return op;
}

static tw_status make_input(builder *b, tw_task *task, const tw_region *region, const tw_plan_node *node, wiring *w) {
    tw_input *input = NULL;
    if (node->kind == TW_PLAN_SCAN) {
        input = tw_source_make(task, node, shared_source(b, node));
    } else if (node->kind == TW_PLAN_VALUES) {
        input = tw_values_make(task, node);
    } else if (node->kind == TW_PLAN_SIDE_SCAN) {
        input = tw_side_scan_make(task, node);
    } else {
        int producers = region_of(b, node->inputs[0])->ninstances, consumers = region->ninstances;
        tw_channel **mine = need(b, sizeof *mine * (size_t)producers);
        if (!mine) return TW_E_NOMEM;
        for (int p = 0; p < producers; p++) mine[p] = b->channels_of[node->index][p * consumers + task->context.instance];
        input = tw_gate_make(task, node, mine, producers);
    }
    if (!input) return tw_fail(b->error, TW_E_NOMEM, "out of memory");
    task->inputs[task->ninputs++] = input;
    w->output[node->index] = &input->head;
    return TW_OK;
}

static const tw_operator_ops *ops_of(const tw_job *job, const tw_plan_node *node) {
    if (node->kind == TW_PLAN_SINK) return &TW_OPERATOR_SINK;
    return (int)node->kind < job->registry->noperators ? job->registry->operators[node->kind] : NULL;
}

static tw_status make_nodes(builder *b, tw_task *task, const tw_region *region, wiring *w) {
    for (int i = 0; i < region->nnodes; i++) {
        const tw_plan_node *node = region->nodes[i];
        if (is_input(node) || cuts(b, node)) {
            TW_TRY(make_input(b, task, region, node, w));
            continue;
        }
        if (node->kind == TW_PLAN_EXCHANGE) { /* left out */
            w->output[node->index] = w->output[node->inputs[0]->index];
            continue;
        }
        const tw_operator_ops *ops = ops_of(b->job, node);
        if (!ops) return tw_fail_at(b->error, TW_E_UNSUPPORTED, node->pos, "the operator %s is not built yet", tw_plan_kind_name(node->kind));
        tw_operator *op = add_operator(b, task, ops, node);
        if (!op) return TW_E_NOMEM;
        w->entry[node->index] = w->output[node->index] = op;
    }
    return TW_OK;
}

static tw_status make_partitioner(builder *b, tw_task *task, const tw_region *region, const tw_plan_node *exchange, wiring *w) {
    tw_partitioner *p = (tw_partitioner *)add_operator(b, task, &TW_OPERATOR_PARTITIONER, exchange);
    if (!p) return TW_E_NOMEM;
    int consumers = region_of(b, exchange)->ninstances;
    p->nchannels = consumers;
    p->channels = &b->channels_of[exchange->index][task->context.instance * consumers];
    for (int c = 0; c < consumers; c++) p->channels[c]->producer = task;
    task->partitioners[task->npartitioners++] = p;
    w->entry[exchange->index] = &p->op;
    return TW_OK;
}

/* Joins every operator of the task to its readers in it. */
static tw_status connect(builder *b, tw_task *task, const tw_region *region, wiring *w) {
    const tw_plan *plan = b->job->plan;
    tw_operator **to = need(b, sizeof *to * (size_t)(plan->nnodes * 4));
    int *ports = need(b, sizeof *ports * (size_t)(plan->nnodes * 4));
    if (!to || !ports) return TW_E_NOMEM;
    for (int i = 0; i < region->nnodes; i++) {
        const tw_plan_node *node = region->nodes[i];
        tw_operator *from = w->output[node->index];
        if (node->kind == TW_PLAN_SINK || (node->kind == TW_PLAN_EXCHANGE && !cuts(b, node))) continue;
        int n = 0;
        for (int r = 0; r < plan->nnodes; r++) /* readers, seen through exchanges that are left out */
            for (int k = 0; k < plan->nodes[r]->ninputs; k++) {
                const tw_plan_node *source = plan->nodes[r]->inputs[k];
                while (source->kind == TW_PLAN_EXCHANGE && !cuts(b, source) && source != node) source = source->inputs[0];
                if (source != node || (plan->nodes[r]->kind == TW_PLAN_EXCHANGE && !cuts(b, plan->nodes[r]))) continue;
                to[n] = w->entry[r];
                ports[n++] = k;
            }
        TW_ASSERT(n > 0);
        if (n == 1) {
            from->next = to[0];
            from->next_port = ports[0];
            continue;
        }
        tw_tee *tee = (tw_tee *)add_operator(b, task, &TW_OPERATOR_TEE, NULL);
        tw_operator **receivers = need(b, sizeof *receivers * (size_t)n);
        int *receiver_ports = need(b, sizeof *receiver_ports * (size_t)n);
        if (!tee || !receivers || !receiver_ports) return TW_E_NOMEM;
        memcpy(receivers, to, sizeof *receivers * (size_t)n);
        memcpy(receiver_ports, ports, sizeof *receiver_ports * (size_t)n);
        tee->receivers = receivers;
        tee->ports = receiver_ports;
        tee->nreceivers = n;
        from->next = &tee->op;
        from->next_port = 0;
    }
    return TW_OK;
}

/* Depth = longest way from an input; operators are then sorted by it, so that receivers come behind. */
static void deepen(tw_operator *op, int depth) {
    if (!op || op->depth >= depth) return;
    op->depth = depth;
    if (op->ops == &TW_OPERATOR_TEE) {
        tw_tee *tee = (tw_tee *)op;
        for (int i = 0; i < tee->nreceivers; i++) deepen(tee->receivers[i], depth + 1);
    } else {
        deepen(op->next, depth + 1);
    }
}

static int by_depth(const void *a, const void *b) {
    return (*(tw_operator *const *)a)->depth - (*(tw_operator *const *)b)->depth;
}

static tw_status make_task(builder *b, tw_region *region, int instance, int number) {
    tw_job *job = b->job;
    const tw_plan *plan = job->plan;
    tw_task *task = need(b, sizeof *task);
    wiring w = {need(b, sizeof(void *) * (size_t)plan->nnodes), need(b, sizeof(void *) * (size_t)plan->nnodes)};
    if (!task || !w.entry || !w.output) return TW_E_NOMEM;
    tw_shard *shard = &job->shards[region->ninstances == 1 ? number % job->options.nshards : instance % job->options.nshards];
    if (region->ninstances == 1) shard = &job->shards[0];
    task->job = job;
    task->shard = shard;
    task->region = region;
    task->context = (tw_task_context){.mem = &shard->mem, .session = plan->session, .registry = job->registry, .os = job->os, .plan = plan,
                                      .instance = instance, .ninstances = region->ninstances, .side = &job->side, .yield_after = -1,
                                      .now_ms = tw_wall_ms(job->os)};
    task->context.error = need(b, sizeof(tw_error));
    task->operators = need(b, sizeof *task->operators * (size_t)(plan->nnodes * 3));
    task->inputs = need(b, sizeof *task->inputs * (size_t)plan->nnodes);
    task->partitioners = need(b, sizeof *task->partitioners * (size_t)plan->nnodes);
    if (!task->context.error || !task->operators || !task->inputs || !task->partitioners) return TW_E_NOMEM;
    region->tasks[instance] = task;
    job->tasks[number] = task;
    shard->tasks[shard->ntasks++] = task;
    TW_TRY(make_nodes(b, task, region, &w));
    for (int i = 0; i < plan->nnodes; i++) /* exchanges that leave this region */
        if (cuts(b, plan->nodes[i]) && region_of(b, plan->nodes[i]->inputs[0]) == region)
            TW_TRY(make_partitioner(b, task, region, plan->nodes[i], &w));
    TW_TRY(connect(b, task, region, &w));
    for (int i = 0; i < task->ninputs; i++) deepen(task->inputs[i]->head.next, 1);
    qsort(task->operators, (size_t)task->noperators, sizeof *task->operators, by_depth);
    return TW_OK;
}

static tw_status open_operators(builder *b, tw_task *task) {
    for (int i = task->noperators - 1; i >= 0; i--) {
        tw_operator *op = task->operators[i];
        if (op->ops->open) TW_TRY(op->ops->open(op, b->error));
        if (b->job->options.restore && op->ops->restore) TW_TRY(tw_job_restore_operator(b->job, op, b->error));
    }
    return TW_OK;
}

tw_status tw_graph_build(tw_job *job, tw_error *error) {
    const tw_plan *plan = job->plan;
    builder b = {.job = job, .error = error};
    b.region_of = need(&b, sizeof *b.region_of * (size_t)plan->nnodes);
    b.elided = need(&b, sizeof *b.elided * (size_t)plan->nnodes);
    b.channels_of = need(&b, sizeof *b.channels_of * (size_t)plan->nnodes);
    if (!b.region_of || !b.elided || !b.channels_of) return TW_E_NOMEM;
    elide(&b);
    TW_TRY(make_regions(&b));
    TW_TRY(make_channels(&b));
    TW_TRY(open_sources(&b));
    job->tasks = need(&b, sizeof *job->tasks * (size_t)job->ntasks);
    for (int s = 0; s < job->options.nshards; s++)
        if (!(job->shards[s].tasks = need(&b, sizeof(tw_task *) * (size_t)job->ntasks))) return TW_E_NOMEM;
    if (!job->tasks) return TW_E_NOMEM;
    int number = 0;
    for (int r = 0; r < job->nregions; r++)
        for (int i = 0; i < job->regions[r].ninstances; i++) TW_TRY(make_task(&b, &job->regions[r], i, number++));
    for (int i = 0; i < job->ntasks; i++) TW_TRY(open_operators(&b, job->tasks[i]));
    return TW_OK;
}
