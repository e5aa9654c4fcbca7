/* libFuzzer: the JSON functions on any document and path. Byte 0: the function; then document, NUL, path. */
#include "call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const fuzz_choice CALLS[] = {{"JSON_VALUE", 2}, {"JSON_QUERY", 2},   {"JSON_EXISTS", 2},
                                        {"IS JSON", 1},    {"JSON_UNQUOTE", 1}, {"JSON_QUOTE", 1}};
    fuzz_call_one(CALLS, 6, data, size);
    return 0;
}
