#include "data/batch.h"

const char *tw_change_text(int8_t kind) {
    static const char *const TEXT[] = {"+I", "-U", "+U", "-D"};
    return kind >= 0 && kind < 4 ? TEXT[kind] : "?";
}
