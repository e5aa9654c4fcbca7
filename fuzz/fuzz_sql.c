/* libFuzzer: any bytes through the parser, statement after statement, in a budget. Built with -fsanitize=fuzzer,address,undefined. */
#include "sql/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tw_mem mem;
    tw_arena arena;
    tw_mem_init(&mem, NULL, 64 << 20);
    tw_arena_init(&arena, &mem, 4096);
    tw_parse parse;
    tw_str text = {(const char *)data, size};
    tw_parse_begin(&parse, &arena, text);
    for (;;) {
        tw_ast_statement *statement;
        tw_error error = {0};
        tw_status status = tw_parse_next(&parse, &statement, &error);
        if (status == TW_END) break;
        if (status != TW_OK) TW_ASSERT(error.status == status && error.message[0] != 0);
        if (status == TW_OK) TW_ASSERT(statement->pos.offset + statement->pos.length <= size);
    }
    tw_arena_free(&arena);
    return 0;
}
