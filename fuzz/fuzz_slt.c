/* libFuzzer: any bytes as a behaviour file. */
#include <stdlib.h>
#include <string.h>

#include "main/behaviour.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tw_mem mem;
    tw_arena arena;
    tw_behaviour_file file;
    tw_error error = {0};
    tw_mem_init(&mem, NULL, 64 << 20);
    tw_arena_init(&arena, &mem, 4096);
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0; /* as a loaded file has it */
    tw_status status = tw_behaviour_parse(&arena, "fuzz.slt", (tw_str){text, size}, &file, &error);
    TW_ASSERT(status == TW_OK ? file.cases <= file.nsteps : error.message[0] != 0);
    free(text);
    tw_arena_free(&arena);
    TW_ASSERT(mem.used == 0);
    return 0;
}
