/* Writes rows to files in a folder. A file is written under a hidden name (.part-...) and gets its name when it is full, old
 * enough, or at the end; so a reader of the folder sees whole files only. Rows of an epoch that is not committed never stay:
 * they are kept in memory, or cut off the hidden file again. */
#include "connector/filesystem/filesystem.h"
#include "expr/program.h"

#define BUFFER (4 << 20) /* rows of an epoch kept in memory before they go to the hidden file */

typedef struct sink {
    tw_mem *mem;
    tw_os *os;
    const tw_format *format;
    tw_encoder *encoder;
    char folder[900];
    char run[24]; /* tells the files of this run from others */
    int32_t shard;
    int32_t number; /* of the next file */
    bool open;
    tw_file file;
    char name[64];     /* its final name */
    int64_t written;   /* bytes in the file */
    int64_t prepared;  /* of them, those of epochs whose barrier has passed */
    int64_t committed; /* of them, those of committed epochs */
    bool waiting;      /* for a commit: rows of the next epoch stay in memory */
    int64_t opened_ms;
    tw_buf rows; /* not in the file yet */
    int64_t size_limit, age_limit_ms;
} sink;

static tw_status read_folder(sink *s, const tw_table_ref *table, tw_error *error) {
    tw_str path = tw_option_get(table->options, table->noptions, "path");
    if (path.length > 7 && memcmp(path.data, "file://", 7) == 0)
        path.data += 7, path.length -= 7;
    else if (path.length > 5 && memcmp(path.data, "file:", 5) == 0)
        path.data += 5, path.length -= 5;
    while (path.length > 1 && path.data[path.length - 1] == '/') path.length--;
    if (path.length == 0 || path.length >= sizeof s->folder || memmem(path.data, path.length, "://", 3))
        return tw_fail(error, TW_E_INVALID, "option 'path': '%.*s' is not a local folder", TW_STR_ARG(path));
    memcpy(s->folder, path.data, path.length);
    return tw_dir_make(s->folder, error);
}

static tw_status configure(sink *s, const tw_sink_context *context, tw_error *error) {
    const tw_table_ref *table = &context->sink->table;
    tw_str size = tw_option_get(table->options, table->noptions, "sink.rolling-policy.file-size");
    tw_str age = tw_option_get(table->options, table->noptions, "sink.rolling-policy.rollover-interval");
    if (!size.data || !tw_option_size(size, &s->size_limit)) s->size_limit = 128 << 20;
    if (!age.data || !tw_option_duration(age, &s->age_limit_ms)) s->age_limit_ms = 30 * 60 * 1000;
    s->format = tw_registry_format(context->registry, table->format);
    if (!s->format || !s->format->encode)
        return tw_fail(error, TW_E_UNDEFINED_OPTION, "table %.*s: there is no format '%.*s' to write with", TW_STR_ARG(table->name),
                       TW_STR_ARG(table->format));
    TW_TRY(read_folder(s, table, error));
    snprintf(s->run, sizeof s->run, "%016llx", (unsigned long long)tw_random_seed());
    return s->format->encoder_open(s->mem, context->row, table->options, table->noptions, context->session ? context->session->zone : NULL,
                                   &s->encoder, error);
}

static void hidden_path(const sink *s, char *out, size_t size) { snprintf(out, size, "%s/.%s.inprogress", s->folder, s->name); }

static tw_status begin_file(sink *s, tw_error *error) {
    char path[1024];
    if (s->open) return TW_OK;
    snprintf(s->name, sizeof s->name, "part-%s-%d-%d", s->run, s->shard, s->number++);
    hidden_path(s, path, sizeof path);
    TW_TRY(tw_file_open(path, true, &s->file, error));
    s->open = true;
    s->written = s->prepared = s->committed = 0;
    s->opened_ms = tw_wall_ms(s->os);
    return TW_OK;
}

/* The hidden file gets its name; without committed rows it goes away. */
static tw_status end_file(sink *s, tw_error *error) {
    char from[1024], to[1024];
    if (!s->open) return TW_OK;
    tw_status status = TW_OK;
    if (s->written > s->committed) status = tw_file_truncate(&s->file, s->committed, error);
    tw_file_close(&s->file);
    s->open = false;
    if (status != TW_OK) return status;
    hidden_path(s, from, sizeof from);
    snprintf(to, sizeof to, "%s/%s", s->folder, s->name);
    return s->committed ? tw_file_rename(from, to, error) : tw_file_remove(from, error);
}

static tw_status spill(sink *s, tw_error *error) {
    if (s->rows.length == 0) return TW_OK;
    TW_TRY(begin_file(s, error));
    TW_TRY(tw_file_write(&s->file, s->rows.data, s->rows.length, error));
    s->written += (int64_t)s->rows.length;
    tw_buf_clear(&s->rows);
    return TW_OK;
}

static void close_sink(tw_sink *opaque) {
    sink *s = (sink *)opaque;
    end_file(s, NULL);
    if (s->encoder) s->format->encoder_close(s->encoder);
    tw_buf_free(&s->rows);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status open_sink(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    sink *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->os = context->os;
    s->shard = context->shard;
    tw_buf_init(&s->rows, s->mem, 0);
    tw_status status = configure(s, context, error);
    if (status != TW_OK) {
        close_sink((tw_sink *)s);
        return status;
    }
    *out = (tw_sink *)s;
    return TW_OK;
}

static tw_status write_rows(tw_sink *opaque, const tw_batch *batch, tw_error *error) {
    sink *s = (sink *)opaque;
    size_t before = s->rows.length;
    tw_status status = s->format->encode(s->encoder, batch, 0, batch->rows, &s->rows);
    if (status != TW_OK) {
        s->rows.length = before;
        s->rows.failed = false;
        return tw_fail(error, status, status == TW_E_NOMEM ? "out of memory for rows as %s" : "a row cannot be written as %s", s->format->name);
    }
    return s->rows.length > BUFFER && !s->waiting ? spill(s, error) : TW_OK;
}

static tw_status prepare(tw_sink *opaque, const tw_sink_epoch *epoch, tw_error *error) {
    sink *s = (sink *)opaque;
    TW_TRY(spill(s, error));
    s->prepared = s->written;
    s->waiting = true;
    return s->open ? tw_file_sync(&s->file, error) : TW_OK;
}

static tw_status commit(tw_sink *opaque, uint64_t epoch, tw_error *error) {
    sink *s = (sink *)opaque;
    s->waiting = false;
    if (!s->open) return TW_OK;
    s->committed = s->prepared;
    bool full = s->committed >= s->size_limit || tw_wall_ms(s->os) - s->opened_ms >= s->age_limit_ms;
    return full ? end_file(s, error) : TW_OK;
}

static tw_status finish(tw_sink *opaque, tw_error *error) { return end_file((sink *)opaque, error); }

const tw_sink_ops tw_fs_sink_ops = {
    .open = open_sink, .write = write_rows, .prepare = prepare, .commit = commit, .finish = finish, .close = close_sink};
