/* Reading a plan's binary form (plan_write.c) back. The checksum finds damage; a form that is made on purpose to do harm is refused by the
 * checks behind it as far as plans go (what functions are handed is as the binder made it). */
#include "base/crc.h"
#include "plan/plan_code.h"

static tw_status read_head(tw_reader *in, tw_error *error) {
    const char *magic = tw_read_raw(in, 4);
    uint32_t version = tw_read_u32(in), crc = tw_read_u32(in);
    if (in->failed || memcmp(magic, "TWPL", 4) != 0) return tw_fail(error, TW_E_CORRUPT, "damaged plan: it does not begin as one");
    if (version != TW_PLAN_VERSION) {
        tw_fail(error, TW_E_UNSUPPORTED, "the plan has version %u of its form; this program reads version %d", version, TW_PLAN_VERSION);
        return TW_E_UNSUPPORTED;
    }
    if (tw_crc32c(0, in->next, (size_t)(in->end - in->next)) != crc) return tw_fail(error, TW_E_CORRUPT, "damaged plan: its checksum does not fit");
    return TW_OK;
}

static bool id_taken(const tw_plan_codec *c, uint64_t id) {
    for (int i = 0; i < c->nnodes; i++)
        if (c->nodes[i]->id == id) return true;
    return false;
}

static void read_nodes(tw_plan_codec *c, int n) {
    const tw_plan_node **nodes = tw_code_room(c, n, sizeof *nodes);
    c->nodes = nodes;
    for (int i = 0; i < n && c->status == TW_OK; i++) {
        tw_plan_node *node = tw_code_room(c, 1, sizeof *node);
        if (!node) return;
        node->index = i;
        tw_plan_code_node(c, node);
        if (c->status == TW_OK) tw_plan_check_node(c, node);
        if (c->status == TW_OK && id_taken(c, node->id)) tw_code_damaged(c, "two operators of one id");
        nodes[c->nnodes++] = node;
    }
}

/* Every operator but a sink has a reader; `nodes` are in the order in which inputs come first. */
static void check_readers(tw_plan_codec *c) {
    bool *read = tw_code_room(c, c->nnodes, sizeof *read);
    for (int i = 0; read && i < c->nnodes; i++)
        for (int k = 0; k < c->nodes[i]->ninputs; k++) read[c->nodes[i]->inputs[k]->index] = true;
    for (int i = 0; read && i < c->nnodes; i++)
        if (!read[i] && c->nodes[i]->kind != TW_PLAN_SINK) tw_code_damaged(c, "an operator that nobody reads");
}

tw_status tw_plan_read(tw_arena *arena, tw_str bytes, const tw_session *session, tw_plan *plan, tw_error *error) {
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    TW_TRY(read_head(&in, error));
    tw_plan_codec c = {.in = &in, .arena = arena, .error = error};
    *plan = (tw_plan){.session = session};
    plan->fail_on_error = tw_code_flag(&c, false);
    plan->every_change = tw_code_flag(&c, false);
    int n = tw_code_count(&c, 0);
    if (n > TW_PLAN_NODES_MAX) tw_code_damaged(&c, "too many nodes");
    if (c.status == TW_OK) read_nodes(&c, n);
    if (c.status == TW_OK) check_readers(&c);
    if (c.status == TW_OK && in.next != in.end) tw_code_damaged(&c, "bytes follow its end");
    plan->nodes = c.nodes;
    plan->nnodes = c.nnodes;
    return c.status;
}
