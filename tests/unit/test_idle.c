/* Idleness as it goes through operators: who has several inputs, who hands it on, who has no room just then. */
#include "test.h"

#include "operator/operator.h"
#include "runtime/task.h"

enum { PORTS = 3 };

/* A union before a receiver that writes down what comes. */
typedef struct bench {
    tw_task_context task;
    tw_plan_node node;
    tw_operator op, between, receiver;
    tw_port ports[PORTS];
    char log[200];
    bool no_room; /* "not now", to watermarks */
} bench;

static bench b;

static void note(const char *what, int64_t value) {
    size_t n = strlen(b.log);
    snprintf(b.log + n, sizeof b.log - n, "%s%s %lld", n ? ", " : "", what, (long long)value);
}

static tw_status take_rows(tw_operator *op, int port, const tw_batch *batch) {
    note("rows", batch->rows);
    return TW_OK;
}

static tw_status take_watermark(tw_operator *op, int port, int64_t watermark) {
    note("watermark", watermark);
    if (b.no_room) tw_pending(op);
    return b.no_room ? TW_BLOCKED : TW_OK;
}

static tw_status take_idle(tw_operator *op, int port) {
    note("idle", port);
    return TW_OK;
}

static tw_status pass_rows(tw_operator *op, int port, const tw_batch *batch) { return tw_emit(op, batch); }

static const tw_operator_ops RECEIVER = {.name = "receiver", .push = take_rows, .watermark = take_watermark, .idle = take_idle};
static const tw_operator_ops BETWEEN = {.name = "between", .push = pass_rows, .watermark = tw_watermark_default};

static void begin(void) {
    b = (bench){.node = {.kind = TW_PLAN_UNION, .ninputs = PORTS}};
    b.op = (tw_operator){.ops = &TW_OPERATOR_UNION, .node = &b.node, .ports = b.ports, .next = &b.between};
    b.between = (tw_operator){.ops = &BETWEEN, .next = &b.receiver, .next_port = 7};
    b.receiver = (tw_operator){.ops = &RECEIVER};
    b.op.task = b.between.task = b.receiver.task = &b.task;
    b.op.watermark_out = b.between.watermark_out = TW_WATERMARK_MIN;
    for (int i = 0; i < PORTS; i++) b.ports[i].watermark = TW_WATERMARK_MIN;
}

static void rows(int port) { assert_int_equal(b.op.ops->push(&b.op, port, &(tw_batch){.rows = 1}), TW_OK); }
static void watermark(int port, int64_t w) { assert_int_equal(b.op.ops->watermark(&b.op, port, w), TW_OK); }
static void idle(int port) { assert_int_equal(b.op.ops->idle(&b.op, port), TW_OK); }

static void expect(const char *log) {
    assert_string_equal(b.log, log);
    b.log[0] = 0;
}

static void test_idle_ports_do_not_count(void **state) {
    begin();
    watermark(0, 10);
    watermark(1, 20);
    expect("");
    idle(2);
    idle(2);
    expect("watermark 10");
    watermark(0, 15);
    expect("watermark 15");
    idle(0);
    expect("watermark 20");
    watermark(1, 21);
    expect("watermark 21");
    rows(0); /* it counts again, and is behind */
    watermark(1, 30);
    expect("rows 1");
    watermark(0, 25);
    expect("watermark 25");
    watermark(2, 22); /* so does a watermark */
    watermark(0, 40);
    expect("");
    watermark(2, 35);
    expect("watermark 30");
}

static void test_all_idle(void **state) {
    begin();
    watermark(0, 10);
    watermark(1, 30);
    idle(0);
    idle(1);
    expect("");
    idle(2); /* the highest: none holds another back */
    expect("watermark 30, idle 7");
    idle(1);
    expect("");
    b.op.ops->push(&b.op, 1, &(tw_batch){.rows = 0}); /* nothing is not a row */
    idle(1);
    expect("");
    rows(1);
    idle(1);
    expect("rows 1, idle 7");
}

static void test_ended_ports(void **state) {
    begin();
    watermark(0, 10);
    idle(1);
    watermark(2, TW_WATERMARK_MAX);
    expect("watermark 10");
    watermark(0, TW_WATERMARK_MAX); /* the one that is left is idle, at no watermark: not the end of time */
    expect("idle 7");
    watermark(1, 50);
    expect("watermark 50");
    watermark(1, TW_WATERMARK_MAX);
    expect("watermark 9223372036854775807");
}

/* "idle" waits until what its watermark asked for is done. */
static void test_no_room(void **state) {
    begin();
    watermark(0, 10);
    idle(1);
    idle(2);
    expect("watermark 10");
    watermark(1, 5);
    idle(0);
    expect("");
    watermark(1, 11);
    expect("watermark 11");
    watermark(2, 12);
    b.no_room = true;
    assert_int_equal(b.op.ops->idle(&b.op, 1), TW_BLOCKED);
    expect("watermark 12");
    assert_false(b.op.pending); /* port 2 is not idle: nothing is left to do */
    b.receiver.pending = b.no_room = false;
    b.task.npending = 0;
    watermark(1, 13);
    idle(2);
    expect("watermark 13");
    b.ports[0].watermark = 20;
    b.no_room = true;
    assert_int_equal(b.op.ops->idle(&b.op, 1), TW_BLOCKED);
    expect("watermark 20");
    assert_true(b.op.pending);
    assert_int_equal(b.task.npending, 2);
    b.no_room = b.receiver.pending = b.op.pending = false;
    b.task.npending = 0;
    assert_int_equal(b.op.ops->resume(&b.op), TW_OK);
    expect("idle 7");
    assert_int_equal(b.op.ops->resume(&b.op), TW_OK); /* once */
    expect("");
}

/* A tee tells all; one that hands nothing on has no reader to tell. */
static void test_tee(void **state) {
    begin();
    tw_operator last = {.ops = &BETWEEN};
    tw_operator *receivers[] = {&b.between, &last, &b.receiver};
    int ports[] = {0, 0, 5};
    tw_tee tee = {.op = {.ops = &TW_OPERATOR_TEE, .task = &b.task}, .receivers = receivers, .ports = ports, .nreceivers = 3};
    assert_int_equal(tee.op.ops->idle(&tee.op, 0), TW_OK);
    expect("idle 7, idle 5");
    tw_operator head = {.next = &tee.op};
    assert_int_equal(tw_emit_idle(&head), TW_OK);
    expect("idle 7, idle 5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle_ports_do_not_count),
        cmocka_unit_test(test_all_idle),
        cmocka_unit_test(test_ended_ports),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_tee),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
