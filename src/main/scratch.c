#include "main/scratch.h"

#include <string.h>

#include "base/buf.h"
#include "os/os.h"

static const tw_str MARK = {"${scratch}", 10};

static tw_status make(tw_scratch *scratch, tw_error *error) {
    tw_status status = tw_dir_make_temporary("thalweg-test", scratch->path, sizeof scratch->path, error);
    if (status != TW_OK) scratch->path[0] = 0;
    return status;
}

tw_status tw_scratch_expand(tw_scratch *scratch, tw_arena *arena, tw_str text, tw_str *out, tw_error *error) {
    const char *mark = text.length ? memmem(text.data, text.length, MARK.data, MARK.length) : NULL;
    *out = text;
    if (!mark) return TW_OK;
    if (!scratch->path[0]) TW_TRY(make(scratch, error));
    tw_buf buf;
    tw_buf_init(&buf, arena->mem, 0);
    for (; mark; mark = memmem(text.data, text.length, MARK.data, MARK.length)) {
        size_t before = (size_t)(mark - text.data);
        tw_buf_append(&buf, text.data, before);
        tw_buf_text(&buf, scratch->path);
        text.data += before + MARK.length;
        text.length -= before + MARK.length;
    }
    tw_buf_append(&buf, text.data, text.length);
    *out = tw_buf_finish(&buf, arena);
    return out->data ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

void tw_scratch_remove(tw_scratch *scratch) {
    tw_error ignored;
    if (scratch->path[0]) tw_dir_remove_all(scratch->path, &ignored);
    scratch->path[0] = 0;
}
