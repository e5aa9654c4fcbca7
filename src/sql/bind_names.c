/* Names collected for "did you mean". */
#include "sql/bind_parts.h"

void tw_names_add(tw_names *names, tw_str name) {
    bool full = names->count == 0 || (names->count >= 8 && (names->count & (names->count - 1)) == 0);
    if (full) {
        const char **more = TW_NEW_ARRAY(names->arena, const char *, names->count ? 2 * names->count : 8);
        for (int i = 0; i < names->count; i++) more[i] = names->at[i];
        names->at = more;
    }
    names->at[names->count++] = tw_arena_strndup(names->arena, name.data, name.length);
}

void tw_names_hint(const tw_names *names, tw_str name, tw_error *error) {
    const char *near = tw_str_nearest(name, names->at, names->count);
    if (near) tw_error_hint(error, "did you mean %s?", near);
}
