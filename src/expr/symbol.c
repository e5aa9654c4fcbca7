/* Names of keyword arguments. */
#include "expr/symbol.h"

#include "data/type.h"

static const char *const names[] = {
#define X(name) #name,
#include "expr/symbol.def"
#undef X
};

int tw_symbol_parse(tw_str name) {
    for (int i = 0; i < TW_SYM_END - TW_SYM_FIRST; i++)
        if (tw_str_equal_nocase(name, tw_str_of(names[i]))) return TW_SYM_FIRST + i;
    return tw_unit_parse(name);
}

const char *tw_symbol_name(int symbol) {
    if (symbol >= TW_SYM_FIRST && symbol < TW_SYM_END) return names[symbol - TW_SYM_FIRST];
    return symbol >= 0 && symbol < TW_UNIT_COUNT ? tw_unit_name((tw_time_unit)symbol) : "?";
}
