/* From plan to tasks.
 *
 * Each region of the plan (region.c) becomes one task per shard, or one alone. Inside a task every node is one operator, a node with several
 * readers gets a tee; an edge that is cut ends in a partitioner and goes on at the gate of the tasks below. */
#include <stdlib.h>

#include "runtime/job_internal.h"
#include "runtime/spread.h"

typedef struct builder {
    tw_job *job;
    tw_error *error;
} builder;

static bool left_out(const builder *b, const tw_plan_node *n) {
    return n->kind == TW_PLAN_EXCHANGE && b->job->region_of[n->index] == b->job->region_of[n->inputs[0]->index];
}

static bool is_source(const tw_plan_node *n) { return n->kind == TW_PLAN_SCAN || n->kind == TW_PLAN_VALUES || n->kind == TW_PLAN_SIDE_SCAN; }

static void *need(builder *b, size_t size) {
    void *p = tw_arena_calloc(&b->job->arena, size ? size : 1);
    if (!p) tw_fail(b->error, TW_E_NOMEM, "out of memory");
    return p;
}

static int producers(const builder *b, const tw_edge *e) { return b->job->region_of[e->from->index]->ninstances; }
static int consumers(const builder *b, const tw_edge *e) { return b->job->region_of[e->to->index]->ninstances; }

static tw_status make_edge_channels(builder *b, tw_edge *e) {
    tw_job *job = b->job;
    int nconsumers = consumers(b, e), n = producers(b, e) * nconsumers;
    e->channels = need(b, sizeof *e->channels * (size_t)n);
    if (!e->channels) return TW_E_NOMEM;
    for (int i = 0; i < n; i++) {
        tw_channel *c = e->channels[i] = &job->channels[job->nchannels++];
        tw_mem *mem = &job->shards[i / nconsumers].mem; /* the producer's */
        if (tw_channel_init(c, mem, e->from->row, job->options.ring_slots, job->options.batch_rows) != TW_OK)
            return tw_fail(b->error, TW_E_NOMEM, "out of memory");
        c->barrier_seen = job->epoch_wanted;
    }
    return TW_OK;
}

static tw_status make_channels(builder *b) {
    tw_job *job = b->job;
    size_t total = 0;
    for (int i = 0; i < job->nedges; i++)
        if (job->edges[i].cut) total += (size_t)(producers(b, &job->edges[i]) * consumers(b, &job->edges[i]));
    if (!total) return TW_OK;
    job->channels = aligned_alloc(64, sizeof *job->channels * total);
    if (!job->channels) return tw_fail(b->error, TW_E_NOMEM, "out of memory");
    memset(job->channels, 0, sizeof *job->channels * total);
    for (int i = 0; i < job->nedges; i++)
        if (job->edges[i].cut) TW_TRY(make_edge_channels(b, &job->edges[i]));
    return TW_OK;
}

static tw_source_shared *shared_source(builder *b, const tw_plan_node *scan) {
    tw_job *job = b->job;
    for (int i = 0; i < job->nsources; i++)
        if (job->sources[i].node == scan) return &job->sources[i];
    return NULL;
}

/* Fewer splits than tasks: all tasks read all of them, where it does not show. */
static tw_status spread_source(builder *b, tw_source_shared *s) {
    tw_job *job = b->job;
    int ninstances = job->region_of[s->node->index]->ninstances;
    if (!s->ops->cut || !s->complete || s->nsplits == 0 || s->nsplits >= ninstances) return TW_OK;
    if (!s->ops->cuttable(s->source) || tw_order_matters(job, s->node)) return TW_OK;
    s->spread = need(b, sizeof *s->spread * (size_t)s->nsplits);
    if (!s->spread) return TW_E_NOMEM;
    for (s->nspread = 0; s->nspread < s->nsplits; s->nspread++) tw_spread_init(&s->spread[s->nspread], &job->own, s->ops);
    return TW_OK;
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
        tw_source_context context = {.mem = &job->own,
                                     .os = job->os,
                                     .registry = job->registry,
                                     .session = plan->session,
                                     .scan = &node->u.scan,
                                     .store = job->options.store,
                                     .replay = &job->replay,
                                     .replay_column = tw_replay_column(plan, node)};
        TW_TRY(s->ops->open(&context, &s->source, b->error));
        TW_TRY(s->ops->splits(s->source, &s->splits, &s->nsplits, &s->complete, b->error));
        s->refreshed_ns = tw_mono_ns(job->os);
        TW_TRY(spread_source(b, s));
    }
    return TW_OK;
}

/* --- one task --- */

typedef struct wiring {    /* of one task */
    tw_operator **entry;   /* by node: who takes its input rows */
    tw_operator **output;  /* by node: whose `next` gets its rows */
    tw_operator **leaving; /* by edge: the partitioner, where it leaves the task */
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
    op->ports = need(b, sizeof *op->ports * (size_t)nports);
    if (!op->ports) return NULL;
    for (int i = 0; i < nports; i++) op->ports[i].watermark = TW_WATERMARK_MIN;
    task->operators[task->noperators++] = op;
    return op;
}

static tw_status add_input(builder *b, tw_task *task, tw_input *input) {
    if (!input) return tw_fail(b->error, TW_E_NOMEM, "out of memory");
    task->inputs[task->ninputs++] = input;
    return TW_OK;
}

static tw_input *make_source(builder *b, tw_task *task, const tw_plan_node *node) {
    if (node->kind == TW_PLAN_SCAN) return tw_source_make(task, node, shared_source(b, node));
    return node->kind == TW_PLAN_VALUES ? tw_values_make(task, node) : tw_side_scan_make(task, node);
}

/* The gate where a cut edge comes in: an exchange's own, or in front of the reader's port. */
static tw_status make_gate(builder *b, tw_task *task, const tw_edge *e, wiring *w) {
    int n = producers(b, e), stride = consumers(b, e);
    tw_channel **mine = need(b, sizeof *mine * (size_t)n);
    if (!mine) return TW_E_NOMEM;
    for (int p = 0; p < n; p++) mine[p] = e->channels[p * stride + task->context.instance];
    bool exchange = e->to->kind == TW_PLAN_EXCHANGE;
    TW_TRY(add_input(b, task, tw_gate_make(task, exchange ? e->to : e->from, mine, n)));
    tw_input *input = task->inputs[task->ninputs - 1];
    input->side_fed = b->job->region_of[e->from->index]->side_fed;
    if (exchange) {
        w->output[e->to->index] = &input->head;
    } else {
        input->head.next = w->entry[e->to->index];
        input->head.next_port = e->port;
    }
    return TW_OK;
}

static const tw_operator_ops *ops_of(const tw_job *job, const tw_plan_node *node) {
    if (node->kind == TW_PLAN_SINK) return &TW_OPERATOR_SINK;
    return (int)node->kind < job->registry->noperators ? job->registry->operators[node->kind] : NULL;
}

static tw_status make_nodes(builder *b, tw_task *task, const tw_region *region, wiring *w) {
    for (int i = 0; i < region->nnodes; i++) {
        const tw_plan_node *node = region->nodes[i];
        if (node->kind == TW_PLAN_EXCHANGE) continue; /* a gate, or left out */
        if (is_source(node)) {
            TW_TRY(add_input(b, task, make_source(b, task, node)));
            task->inputs[task->ninputs - 1]->side_fed = node->kind == TW_PLAN_SIDE_SCAN;
            w->output[node->index] = &task->inputs[task->ninputs - 1]->head;
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

static tw_status make_partitioner(builder *b, tw_task *task, const tw_edge *e, wiring *w) {
    tw_partitioner *p = (tw_partitioner *)add_operator(b, task, &TW_OPERATOR_PARTITIONER, e->to->kind == TW_PLAN_EXCHANGE ? e->to : e->from);
    if (!p) return TW_E_NOMEM;
    p->nchannels = consumers(b, e);
    p->channels = &e->channels[task->context.instance * p->nchannels];
    for (int c = 0; c < p->nchannels; c++) p->channels[c]->producer = task;
    task->partitioners[task->npartitioners++] = p;
    w->leaving[e - b->job->edges] = &p->op;
    return TW_OK;
}

/* Where cut edges come in and go out. */
static tw_status make_ends(builder *b, tw_task *task, const tw_region *region, wiring *w) {
    for (int i = 0; i < b->job->nedges; i++) {
        const tw_edge *e = &b->job->edges[i];
        if (!e->cut) continue;
        if (b->job->region_of[e->to->index] == region) TW_TRY(make_gate(b, task, e, w));
        if (b->job->region_of[e->from->index] == region) TW_TRY(make_partitioner(b, task, e, w));
    }
    return TW_OK;
}

static tw_status join(builder *b, tw_task *task, tw_operator *from, tw_operator **to, const int *ports, int n) {
    TW_ASSERT(n > 0);
    from->next = to[0];
    from->next_port = ports[0];
    if (n == 1) return TW_OK;
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
    return TW_OK;
}

/* Who gives an edge its rows: exchanges that are left out are seen through. */
static const tw_plan_node *giver(const builder *b, const tw_edge *e) {
    const tw_plan_node *from = e->from;
    while (left_out(b, from)) from = from->inputs[0];
    return from;
}

/* Joins every operator of the task to its readers in it. */
static tw_status connect(builder *b, tw_task *task, const tw_region *region, wiring *w) {
    tw_job *job = b->job;
    tw_operator **to = need(b, sizeof *to * (size_t)job->nedges);
    int *ports = need(b, sizeof *ports * (size_t)job->nedges);
    if (!to || !ports) return TW_E_NOMEM;
    for (int i = 0; i < region->nnodes; i++) {
        const tw_plan_node *node = region->nodes[i];
        if (node->kind == TW_PLAN_SINK || left_out(b, node)) continue;
        int n = 0;
        for (int k = 0; k < job->nedges; k++) {
            const tw_edge *e = &job->edges[k];
            if (left_out(b, e->to) || giver(b, e) != node) continue;
            to[n] = e->cut ? w->leaving[k] : w->entry[e->to->index];
            ports[n++] = e->cut ? 0 : e->port;
        }
        TW_TRY(join(b, task, w->output[node->index], to, ports, n));
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

static int by_depth(const void *a, const void *b) { return (*(tw_operator *const *)a)->depth - (*(tw_operator *const *)b)->depth; }

static tw_status make_task(builder *b, tw_region *region, int instance, int number) {
    tw_job *job = b->job;
    const tw_plan *plan = job->plan;
    tw_task *task = need(b, sizeof *task);
    size_t nnodes = (size_t)plan->nnodes, nedges = (size_t)job->nedges;
    wiring w = {need(b, sizeof(void *) * nnodes), need(b, sizeof(void *) * nnodes), need(b, sizeof(void *) * nedges)};
    if (!task || !w.entry || !w.output || !w.leaving) return TW_E_NOMEM;
    tw_shard *shard = &job->shards[instance];
    task->job = job;
    task->shard = shard;
    task->region = region;
    task->context = (tw_task_context){.mem = &shard->mem,
                                      .session = plan->session,
                                      .registry = job->registry,
                                      .os = job->os,
                                      .plan = plan,
                                      .instance = instance,
                                      .ninstances = region->ninstances,
                                      .side = &job->side,
                                      .yield_after = -1,
                                      .now_ms = tw_wall_ms(job->os)};
    task->context.error = need(b, sizeof(tw_error));
    task->epoch = task->committed = job->epoch_wanted;
    tw_buf_init(&task->chunk, &shard->mem, 0);
    task->operators = need(b, sizeof *task->operators * (2 * nnodes + nedges));
    task->inputs = need(b, sizeof *task->inputs * (nnodes + nedges));
    task->partitioners = need(b, sizeof *task->partitioners * nedges);
    if (!task->context.error || !task->operators || !task->inputs || !task->partitioners) return TW_E_NOMEM;
    region->tasks[instance] = task;
    job->tasks[number] = task;
    shard->tasks[shard->ntasks++] = task;
    TW_TRY(make_nodes(b, task, region, &w));
    TW_TRY(make_ends(b, task, region, &w));
    TW_TRY(connect(b, task, region, &w));
    atomic_store(&task->stats.watermark, TW_WATERMARK_MAX);
    atomic_store(&task->stats.done_permille, -1);
    for (int i = 0; i < region->nnodes; i++)
        if (region->nodes[i]->kind == TW_PLAN_WATERMARK) atomic_store(&task->stats.watermark, TW_WATERMARK_MIN);
    for (int i = 0; i < task->ninputs; i++) deepen(task->inputs[i]->head.next, 1);
    qsort(task->operators, (size_t)task->noperators, sizeof *task->operators, by_depth);
    return TW_OK;
}

static tw_status open_operators(builder *b, tw_task *task) {
    for (int i = task->noperators - 1; i >= 0; i--) {
        tw_operator *op = task->operators[i];
        task->nopened++; /* before: what an open that fails has made is closed */
        if (op->ops->open) TW_TRY(op->ops->open(op, b->error));
        if (b->job->options.restore && op->ops->restore) TW_TRY(tw_job_restore_operator(b->job, op, b->error));
    }
    return TW_OK;
}

tw_status tw_graph_build(tw_job *job, tw_error *error) {
    builder b = {.job = job, .error = error};
    TW_TRY(tw_regions_find(job, error));
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
