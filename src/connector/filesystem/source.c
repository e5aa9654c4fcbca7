/* The filesystem source: a file, a folder with all below it, or a glob; each file is a split. Names that begin with '.' or '_' are
 * hidden, as in Flink. With source.monitor-interval the folder is looked at again and new files become new splits. */
#include <stdlib.h>

#include "connector/filesystem/filesystem.h"
#include "expr/program.h"

static const tw_option_info OPTIONS[] = {
    {"path", TW_OPTION_STRING, NULL, true, NULL, "a file, a folder or a pattern such as 'data/*.json'; file:// is understood"},
    {"source.monitor-interval", TW_OPTION_DURATION, NULL, false, NULL, "look for new files this often; without it the source is bounded"},
    {"source.replay-speed", TW_OPTION_DOUBLE, NULL, false, NULL,
     "replay by the gaps in source.replay-column, 1 = as it happened; 0 = as fast as possible; default: run --replay"},
    {"source.replay-column", TW_OPTION_STRING, NULL, false, NULL, "TIMESTAMP or BIGINT (milliseconds) column that replaying goes by"},
    {"source.max-record-size", TW_OPTION_SIZE, "16 mb", false, NULL, "a longer record is a bad record"},
    {"source.path.regex-pattern", TW_OPTION_STRING, NULL, false, NULL, "not supported: use a pattern in 'path'"},
    {"sink.parallelism", TW_OPTION_INTEGER, NULL, false, "1..", "taken for Flink's sake"},
    {"sink.rolling-policy.file-size", TW_OPTION_SIZE, "128 mb", false, NULL, "a file of this size is closed and a new one begun"},
    {"sink.rolling-policy.rollover-interval", TW_OPTION_DURATION, "30 min", false, NULL, "a file of this age is closed and a new one begun"},
    {"sink.rolling-policy.check-interval", TW_OPTION_DURATION, "1 min", false, NULL, "taken for Flink's sake; ages are looked at by each commit"},
    {"sink.rolling-policy.inactivity-interval", TW_OPTION_DURATION, NULL, false, NULL, "taken for Flink's sake"},
    {"auto-compaction", TW_OPTION_BOOLEAN, "false", false, NULL, "taken for Flink's sake"},
};

static const tw_metadata_info METADATA[TW_FS_METADATA] = {
    [TW_FS_PATH] = {"file.path", &TW_TYPE_STRING, false, "path of the file"},
    [TW_FS_NAME] = {"file.name", &TW_TYPE_STRING, false, "name of the file without its folders"},
    [TW_FS_SIZE] = {"file.size", &TW_TYPE_BIGINT, false, "bytes in the file"},
    [TW_FS_MODIFIED] = {"file.modification-time", &TW_TYPE_LTZ_3, false, "when the file was last written"},
};

static bool hidden(const char *name) { return name[0] == '.' || name[0] == '_'; }

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The path of the option without its scheme and without slashes at its end. */
static tw_status read_path(tw_arena *arena, tw_str option, const char **out, tw_error *error) {
    if (option.length > 7 && memcmp(option.data, "file://", 7) == 0)
        option.data += 7, option.length -= 7;
    else if (option.length > 5 && memcmp(option.data, "file:", 5) == 0)
        option.data += 5, option.length -= 5;
    while (option.length > 1 && option.data[option.length - 1] == '/') option.length--;
    if (memmem(option.data, option.length, "://", 3))
        return tw_fail(error, TW_E_UNSUPPORTED, "path '%.*s': only local files can be read", TW_STR_ARG(option));
    if (option.length == 0 || option.length > 1000 || memchr(option.data, 0, option.length))
        return tw_fail(error, TW_E_INVALID, "option 'path' is not a path");
    *out = tw_arena_strndup(arena, option.data, option.length);
    return *out ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

static bool bounded(const tw_option *options, int n) { return !tw_option_get(options, n, "source.monitor-interval").data; }

static tw_status validate(const tw_type *schema, const tw_option *options, int n, tw_error *error) {
    if (tw_option_get(options, n, "source.path.regex-pattern").data)
        return tw_fail(error, TW_E_UNSUPPORTED, "option 'source.path.regex-pattern' is not supported; 'path' may be a pattern");
    tw_str column = tw_option_get(options, n, "source.replay-column");
    tw_str speed = tw_option_get(options, n, "source.replay-speed");
    if (speed.data && strtod(speed.data, NULL) > 0 && !column.data)
        return tw_fail(error, TW_E_INVALID, "option 'source.replay-speed' needs 'source.replay-column'");
    if (!column.data) return TW_OK;
    int at = tw_type_field(schema, column);
    if (at < 0) return tw_fail(error, TW_E_UNDEFINED_COLUMN, "option 'source.replay-column': no column '%.*s'", TW_STR_ARG(column));
    const tw_type *type = schema->fields[at].type;
    if (!tw_kind_is_timestamp(type->kind) && type->kind != TW_BIGINT)
        return tw_fail(error, TW_E_TYPE, "option 'source.replay-column': '%.*s' is %s, not TIMESTAMP or BIGINT", TW_STR_ARG(column),
                       tw_kind_name(type->kind));
    return TW_OK;
}

static double real_option(const tw_option *options, int n, const char *key) {
    char text[64];
    tw_str value = tw_option_get(options, n, key);
    if (!value.data || value.length >= sizeof text) return 0;
    memcpy(text, value.data, value.length);
    text[value.length] = 0;
    return strtod(text, NULL);
}

static void close_source(tw_source *opaque) {
    tw_fs_source *s = (tw_fs_source *)opaque;
    tw_replay_close(&s->own_replay);
    tw_arena_free(&s->arena);
    tw_free(s->mem, s, sizeof *s);
}

tw_status tw_fs_source_init(tw_fs_source *s, const tw_source_context *context, tw_error *error) {
    const tw_table_ref *t = &context->scan->table;
    s->mem = context->mem;
    s->os = context->os;
    s->scan = context->scan;
    s->format = tw_registry_format(context->registry, t->format);
    s->zone = context->session ? context->session->zone : NULL;
    tw_str limit = tw_option_get(t->options, t->noptions, "source.max-record-size");
    if (!limit.data || !tw_option_size(limit, &s->line_limit)) s->line_limit = 16 << 20;
    if (s->line_limit < 64) s->line_limit = 64;
    if (s->line_limit > 1 << 30) s->line_limit = 1 << 30;
    if (!s->format || !s->format->decode)
        return tw_fail(error, TW_E_UNDEFINED_OPTION, "table %.*s: there is no format '%.*s' to read with", TW_STR_ARG(t->name),
                       TW_STR_ARG(t->format));
    return TW_OK;
}

/* The table's own options, or else the job's speed by the column of the watermark. */
static void read_replay(tw_fs_source *s, const tw_source_context *context) {
    const tw_table_ref *t = &context->scan->table;
    s->replay_column = tw_option_get(t->options, t->noptions, "source.replay-column");
    if (!s->replay_column.data) s->replay_column = context->replay_column;
    s->replay = context->replay ? context->replay : &s->own_replay;
    if (tw_option_get(t->options, t->noptions, "source.replay-speed").data)
        s->replay_speed = real_option(t->options, t->noptions, "source.replay-speed");
    else if (s->replay_column.length)
        s->replay_speed = s->replay->speed;
}

static tw_status read_options(tw_fs_source *s, const tw_source_context *context, tw_error *error) {
    const tw_table_ref *t = &context->scan->table;
    TW_TRY(tw_fs_source_init(s, context, error));
    TW_TRY(read_path(&s->arena, tw_option_get(t->options, t->noptions, "path"), &s->path, error));
    tw_str monitor = tw_option_get(t->options, t->noptions, "source.monitor-interval");
    if (monitor.data && (!tw_option_duration(monitor, &s->monitor_ms) || s->monitor_ms < 1)) s->monitor_ms = 1;
    read_replay(s, context);
    return TW_OK;
}

static tw_status open_source(const tw_source_context *context, tw_source **out, tw_error *error) {
    tw_fs_source *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    tw_arena_init(&s->arena, context->mem, 4096);
    tw_replay_init(&s->own_replay, 0);
    tw_status status = read_options(s, context, error);
    if (status != TW_OK) {
        close_source((tw_source *)s);
        return status;
    }
    *out = (tw_source *)s;
    return TW_OK;
}

static bool known(const tw_fs_source *s, const char *path) {
    for (int i = 0; i < s->nsplits; i++)
        if (tw_str_equal(s->splits[i].name, tw_str_of(path))) return true;
    return false;
}

static tw_status add_split(tw_fs_source *s, const char *path, tw_error *error) {
    if (known(s, path)) return TW_OK;
    if (s->nsplits == s->capacity) {
        int capacity = s->capacity ? s->capacity * 2 : 16;
        tw_split_id *more = TW_NEW_ARRAY(&s->arena, tw_split_id, capacity);
        if (!more) return tw_fail(error, TW_E_NOMEM, "out of memory");
        if (s->nsplits) memcpy(more, s->splits, sizeof *more * (size_t)s->nsplits);
        s->splits = more;
        s->capacity = capacity;
    }
    char *copy = tw_arena_strndup(&s->arena, path, strlen(path));
    if (!copy) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->splits[s->nsplits] = (tw_split_id){tw_str_of(copy), s->nsplits};
    s->nsplits++;
    return TW_OK;
}

static tw_status add_folder(tw_fs_source *s, const char *folder, int depth, tw_error *error) {
    const char *const *names;
    int n;
    tw_arena scratch;
    if (depth > 32) return tw_fail(error, TW_E_LIMIT, "\"%s\": folders are nested deeper than 32", folder);
    tw_arena_init(&scratch, s->mem, 4096);
    tw_status status = tw_dir_list(&scratch, folder, &names, &n, error);
    for (int i = 0; status == TW_OK && i < n; i++) {
        char path[1024];
        tw_file_info info;
        if (hidden(names[i])) continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) >= (int)sizeof path) continue;
        /* a file that goes away in between is no error */
        if (tw_file_stat(path, &info, NULL) != TW_OK) continue;
        status = info.directory ? add_folder(s, path, depth + 1, error) : add_split(s, path, error);
    }
    tw_arena_free(&scratch);
    return status;
}

static tw_status add_glob(tw_fs_source *s, tw_error *error) {
    const char *const *paths;
    int n;
    tw_arena scratch;
    tw_arena_init(&scratch, s->mem, 4096);
    tw_status status = tw_glob(&scratch, s->path, &paths, &n, error);
    for (int i = 0; status == TW_OK && i < n; i++) {
        tw_file_info info;
        if (hidden(base_name(paths[i])) || tw_file_stat(paths[i], &info, NULL) != TW_OK) continue;
        status = info.directory ? add_folder(s, paths[i], 1, error) : add_split(s, paths[i], error);
    }
    if (status == TW_OK && n == 0 && s->monitor_ms == 0) status = tw_fail(error, TW_E_NOT_FOUND, "no file fits the path \"%s\"", s->path);
    tw_arena_free(&scratch);
    return status;
}

static tw_status list(tw_fs_source *s, tw_error *error) {
    tw_file_info info;
    tw_error missing;
    tw_status status = tw_file_stat(s->path, &info, &missing);
    if (status != TW_OK && strpbrk(s->path, "*?[")) return add_glob(s, error);
    if (status != TW_OK) {
        if (error) *error = missing;
        if (error) tw_error_hint(error, "the path of table %.*s", TW_STR_ARG(s->scan->table.name));
        return status;
    }
    return info.directory ? add_folder(s, s->path, 0, error) : add_split(s, s->path, error);
}

static tw_status splits(tw_source *opaque, const tw_split_id **out, int *n, bool *complete, tw_error *error) {
    tw_fs_source *s = (tw_fs_source *)opaque;
    int64_t now = tw_mono_ns(s->os);
    bool due = !s->listed || (s->monitor_ms && now - s->listed_ns >= s->monitor_ms * 1000000);
    if (due) {
        TW_TRY(list(s, error));
        if (!s->listed && s->replay_speed > 0) tw_replay_expect(s->replay, s->nsplits);
        s->listed = true;
        s->listed_ns = now;
    }
    *out = s->splits;
    *n = s->nsplits;
    *complete = s->monitor_ms == 0;
    return TW_OK;
}

const tw_source_ops tw_fs_source_ops = {
    .open = open_source,
    .close = close_source,
    .splits = splits,
    .reader_open = tw_fs_reader_open,
    .poll = tw_fs_reader_poll,
    .position = tw_fs_reader_position,
    .progress = tw_fs_reader_progress,
    .reader_close = tw_fs_reader_close,
    .cut = tw_fs_reader_cut,
    .cuttable = tw_fs_source_cuttable,
    .drained = tw_fs_reader_drained,
};

const tw_connector tw_connector_filesystem = {
    .name = "filesystem",
    .doc = "files of lines: a file, a folder or a pattern; .gz and .zst are decompressed",
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .metadata = METADATA,
    .nmetadata = TW_FS_METADATA,
    .takes_format = true,
    .sink_accepts = TW_APPEND,
    .bounded = bounded,
    .validate = validate,
    .source = &tw_fs_source_ops,
    .sink = &tw_fs_sink_ops,
};
