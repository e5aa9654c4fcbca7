/* The binary form of a plan:
 *
 *     offset  size
 *     0       4      "TWPL"
 *     4       4      version, TW_PLAN_VERSION
 *     8       4      CRC-32C of what follows
 *     12             u8 fail_on_error | u8 every_change | number of nodes | nodes, inputs before readers
 *
 * Numbers are zigzag varints, texts and lists have their length in front; a node's fields come as plan_code.c walks them. The session is not
 * part of it: a plan is read into the session of the job that takes it up. */
#include "base/crc.h"
#include "plan/plan_code.h"

void tw_plan_write(tw_buf *out, const tw_plan *plan) {
    tw_plan_codec codec = {.out = out};
    tw_buf_append(out, "TWPL", 4);
    tw_buf_u32(out, TW_PLAN_VERSION);
    size_t crc_at = out->length;
    tw_buf_u32(out, 0);
    size_t body = out->length;
    tw_code_flag(&codec, plan->fail_on_error);
    tw_code_flag(&codec, plan->every_change);
    tw_code_count(&codec, plan->nnodes);
    for (int i = 0; i < plan->nnodes; i++) {
        tw_plan_node copy = *plan->nodes[i];
        tw_plan_code_node(&codec, &copy);
    }
    if (out->failed) return;
    uint32_t crc = tw_crc32c(0, out->data + body, out->length - body);
    for (int i = 0; i < 4; i++) out->data[crc_at + (size_t)i] = (char)(crc >> (8 * i));
}
