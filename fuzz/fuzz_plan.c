/* libFuzzer: any bytes through the plan's reader, with a checksum that fits so that what lies behind it is reached; what can be read is
 * printed and written again. Built with -fsanitize=fuzzer,address,undefined. */
#include <stdlib.h>

#include "base/crc.h"
#include "plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_checksum(char *bytes, size_t size) {
    if (size < 12) return;
    uint32_t crc = tw_crc32c(0, bytes + 12, size - 12);
    for (int i = 0; i < 4; i++) bytes[8 + i] = (char)(crc >> (8 * i));
}

static void read_back(tw_mem *mem, tw_arena *arena, const tw_plan *plan) {
    tw_buf out, again;
    tw_buf_init(&out, mem, 0);
    tw_buf_init(&again, mem, 0);
    tw_plan_print(&again, plan);
    tw_buf_clear(&again);
    tw_plan_write(&out, plan);
    tw_plan back;
    tw_error error = {0};
    tw_str bytes = {out.data, out.length};
    if (!out.failed && tw_plan_read(arena, bytes, NULL, &back, &error) == TW_OK) {
        tw_plan_write(&again, &back);
        TW_ASSERT(again.failed || (again.length == out.length && memcmp(again.data, out.data, out.length) == 0));
    } else {
        TW_ASSERT(out.failed || error.status == TW_E_NOMEM);
    }
    tw_buf_free(&again);
    tw_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tw_mem mem;
    tw_arena arena;
    tw_mem_init(&mem, NULL, 256 << 20);
    tw_arena_init(&arena, &mem, 4096);
    char *bytes = malloc(size + 1);
    memcpy(bytes, data, size);
    fix_checksum(bytes, size);
    tw_plan plan;
    tw_error error = {0};
    tw_status status = tw_plan_read(&arena, (tw_str){bytes, size}, NULL, &plan, &error);
    TW_ASSERT(status == TW_OK || (error.status == status && error.message[0] != 0));
    if (status == TW_OK) read_back(&mem, &arena, &plan);
    free(bytes);
    tw_arena_free(&arena);
    TW_ASSERT(mem.used == 0);
    return 0;
}
