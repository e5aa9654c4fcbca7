/* libFuzzer: LIKE, SIMILAR TO and regular expressions on any text and pattern. Byte 0: the function; then text, NUL, pattern, NUL, third argument. */
#include "call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const fuzz_choice CALLS[] = {{"LIKE", 2},           {"LIKE", 3},         {"SIMILAR TO", 2},     {"SIMILAR TO", 3}, {"REGEXP", 2},
                                        {"REGEXP_REPLACE", 3}, {"REGEXP_COUNT", 2}, {"REGEXP_EXTRACT", 2}, {"STR_TO_MAP", 3}, {"REGEXP_INSTR", 2}};
    fuzz_call_one(CALLS, 10, data, size);
    return 0;
}
