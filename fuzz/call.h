/* For the targets of SQL functions: one call on texts that the input gives, evaluated in a budget. NULs separate the texts. */
#ifndef TW_FUZZ_CALL_H
#define TW_FUZZ_CALL_H

#include <stdlib.h>
#include <string.h>

#include "expr/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_TEXTS = 3 };

/* Splits at NULs; what is missing is empty. Each text is memory of its own, so that a byte too far is seen. */
static inline void fuzz_texts(const uint8_t *data, size_t size, tw_str out[FUZZ_TEXTS]) {
    const char *p = (const char *)data, *end = p + size;
    for (int i = 0; i < FUZZ_TEXTS; i++) {
        const char *nul = i + 1 < FUZZ_TEXTS && p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
        size_t length = (size_t)((nul ? nul : end) - p);
        char *copy = malloc(length ? length : 1);
        if (length) memcpy(copy, p, length);
        out[i] = (tw_str){copy, length};
        p = nul ? nul + 1 : end;
    }
}

static inline void fuzz_call(const char *name, const tw_str *texts, int nargs) {
    tw_mem mem;
    tw_arena arena;
    tw_error error = {0};
    tw_value value;
    const tw_expr *args[FUZZ_TEXTS], *call;
    const tw_session session = {.zone = TW_ZONE_UTC, .zone_id = "UTC"};
    tw_mem_init(&mem, NULL, 256 << 20);
    tw_arena_init(&arena, &mem, 4096);
    for (int i = 0; i < nargs; i++) {
        tw_value text = tw_value_of_str(&TW_TYPE_STRING, texts[i]);
        args[i] = tw_expr_literal(&arena, &text);
    }
    tw_bind bind = {
        .arena = &arena, .function = tw_function_find(tw_str_of(name)), .nargs = nargs, .args = args, .session = &session, .error = &error};
    tw_status status = tw_function_call(&bind, &call);
    if (status == TW_OK) status = tw_expr_evaluate(&arena, &mem, &session, call, &value, &error);
    TW_ASSERT(status == TW_OK || (error.status == status && error.message[0]));
    tw_arena_free(&arena);
    TW_ASSERT(mem.used == 0);
}

/* Byte 0 chooses one of the calls. */
typedef struct fuzz_choice {
    const char *name;
    int nargs;
} fuzz_choice;
static inline void fuzz_call_one(const fuzz_choice *choices, int n, const uint8_t *data, size_t size) {
    tw_str texts[FUZZ_TEXTS];
    if (size == 0) return;
    const fuzz_choice *c = &choices[data[0] % n];
    fuzz_texts(data + 1, size - 1, texts);
    fuzz_call(c->name, texts, c->nargs);
    for (int i = 0; i < FUZZ_TEXTS; i++) free((char *)texts[i].data);
}

#endif
