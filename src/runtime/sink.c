/* The last operator: hands rows to a connector's sink, or to the client of a bare SELECT. */
#include "runtime/job_internal.h"

typedef struct sink_operator {
    tw_operator op;
    const tw_sink_ops *ops;
    tw_sink *sink;
    const tw_batch *batch; /* not yet taken */
} sink_operator;

static tw_job *job_of(tw_operator *op) { return ((tw_task *)op->task)->job; }

static tw_status open_operator(tw_operator *op, tw_error *error) {
    sink_operator *s = (sink_operator *)op;
    tw_task *task = (tw_task *)op->task;
    if (!task->latency) task->latency = TW_NEW(&job_of(op)->arena, tw_latency);
    if (!task->latency) return tw_fail(error, TW_E_NOMEM, "out of memory");
    const tw_plan_sink *plan = &op->node->u.sink;
    if (plan->collect) return TW_OK;
    const tw_connector *connector = tw_registry_connector(op->task->registry, plan->table.connector);
    if (!connector || !connector->sink)
        return tw_fail(error, TW_E_UNSUPPORTED, "the connector '%.*s' cannot be written to", TW_STR_ARG(plan->table.connector));
    s->ops = connector->sink;
    tw_sink_context context = {.mem = op->task->mem,
                               .os = op->task->os,
                               .registry = op->task->registry,
                               .session = op->task->session,
                               .sink = plan,
                               .row = op->node->inputs[0]->row,
                               .store = job_of(op)->options.store,
                               .shard = op->task->instance,
                               .nshards = op->task->ninstances,
                               .out = job_of(op)->options.out};
    return s->ops->open(&context, &s->sink, error);
}

static tw_status collect(tw_operator *op, const tw_batch *batch) {
    tw_job *job = job_of(op);
    pthread_mutex_lock(&job->lock);
    tw_status status = job->options.collect ? job->options.collect(job->options.collect_context, op->node, batch) : TW_OK;
    pthread_mutex_unlock(&job->lock);
    return status;
}

static tw_status write_batch(sink_operator *s) {
    tw_status status = s->op.node->u.sink.collect ? collect(&s->op, s->batch) : s->ops->write(s->sink, s->batch, s->op.task->error);
    tw_task *task = (tw_task *)s->op.task;
    if (status == TW_BLOCKED) { /* nobody wakes the task when the sink can go on */
        tw_pending(&s->op);
        task->retry_ns = tw_mono_ns(task->context.os) + 1000000;
        return status;
    }
    if (status == TW_OK) {
        task->rows_out += (uint64_t)s->batch->rows;
        if (task->arrival_ns) tw_latency_add(task->latency, tw_mono_ns(task->context.os) - task->arrival_ns, (uint64_t)s->batch->rows);
    }
    s->batch = NULL;
    return status;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    sink_operator *s = (sink_operator *)op;
    s->batch = batch;
    return write_batch(s);
}

static tw_status resume(tw_operator *op) {
    sink_operator *s = (sink_operator *)op;
    return s->batch ? write_batch(s) : TW_OK;
}

static tw_status watermark(tw_operator *op, int port, int64_t w) {
    op->watermark_out = w;
    return TW_OK;
}

tw_status tw_sink_prepare(tw_operator *op) {
    sink_operator *s = (sink_operator *)op;
    tw_job *job = job_of(op);
    tw_sink_epoch epoch = {.number = job->epoch_wanted, .txn = job->txn, .lock = &job->lock};
    return s->sink && s->ops->prepare ? s->ops->prepare(s->sink, &epoch, op->task->error) : TW_OK;
}

tw_status tw_sink_commit(tw_operator *op, uint64_t epoch) {
    sink_operator *s = (sink_operator *)op;
    return s->sink && s->ops->commit ? s->ops->commit(s->sink, epoch, op->task->error) : TW_OK;
}

tw_status tw_sink_finish(tw_operator *op) {
    sink_operator *s = (sink_operator *)op;
    return s->sink && s->ops->finish ? s->ops->finish(s->sink, op->task->error) : TW_OK;
}

static void close_operator(tw_operator *op) {
    sink_operator *s = (sink_operator *)op;
    if (s->sink) s->ops->close(s->sink);
    s->sink = NULL;
}

const tw_operator_ops TW_OPERATOR_SINK = {.name = "sink",
                                          .size = sizeof(sink_operator),
                                          .open = open_operator,
                                          .push = push,
                                          .resume = resume,
                                          .watermark = watermark,
                                          .close = close_operator};
