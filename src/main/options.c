/* Options that commands share, scripts from files, errors to the user. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "main/command.h"

enum { SCRIPT_LIMIT = TW_PARSE_LENGTH_MAX };

int tw_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "thalweg: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nTry 'thalweg help'.\n");
    va_end(args);
    return -1;
}

int tw_complain(const tw_error *error, const char *name, tw_str text) {
    char out[4096];
    if ((error->status == TW_E_IO || error->status == TW_E_CANCELLED) && tw_output_abandoned()) return TW_EXIT_ABANDONED;
    tw_error_format(error, name, text.data, (int)text.length, out, sizeof out);
    fflush(stdout);
    fprintf(stderr, "%s\n", out);
    return error->status == TW_E_CANCELLED ? TW_EXIT_INTERRUPTED : TW_EXIT_ERROR;
}

int tw_output_end(int code) {
    tw_error error;
    errno = EIO; /* of an earlier write, if this one finds nothing wrong */
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    if (code != TW_EXIT_OK) return code;
    tw_stream_failed(&error);
    return tw_complain(&error, NULL, TW_STR(""));
}

bool tw_script_load(const char *path, char **text, size_t *length) {
    tw_mem mem;
    tw_buf buf;
    tw_error error;
    tw_mem_init(&mem, NULL, 0);
    tw_buf_init(&buf, &mem, SCRIPT_LIMIT);
    bool input = strcmp(path, "-") == 0;
    tw_status status = tw_file_load(input ? "/dev/stdin" : path, SCRIPT_LIMIT, &buf, &error);
    if (status == TW_OK) {
        *text = malloc(buf.length + 1);
        if (!*text) abort();
        memcpy(*text, buf.data ? buf.data : "", buf.length);
        (*text)[buf.length] = 0;
        *length = buf.length;
    } else {
        tw_complain(&error, NULL, TW_STR(""));
    }
    tw_buf_free(&buf);
    return status == TW_OK;
}

typedef struct reading {
    tw_script_options *options;
    const char **text; /* -e */
    const char *name, *value;
} reading;

static bool whole_number(const char *text, int64_t low, int64_t high, int64_t *out) {
    char *end;
    *out = strtoll(text, &end, 10);
    return *text && !*end && *out >= low && *out <= high;
}

static int take_number(const reading *r, int64_t low, int64_t high, int64_t *out) {
    if (whole_number(r->value, low, high, out)) return 0;
    return tw_usage("%s takes a number from %lld to %lld, not '%s'", r->name, (long long)low, (long long)high, r->value);
}

static int take_shards(const reading *r) {
    int64_t n = 0;
    int bad = take_number(r, 1, 256, &n);
    r->options->job.nshards = (int32_t)n;
    return bad;
}

static int take_batch(const reading *r) {
    int64_t n = 0;
    int bad = take_number(r, 1, TW_BATCH_ROWS, &n);
    r->options->job.batch_rows = (int32_t)n;
    return bad;
}

static int take_seed(const reading *r) {
    int64_t n = 0;
    int bad = take_number(r, 0, INT64_MAX, &n);
    r->options->job.seeded = true;
    r->options->job.seed = (uint64_t)n;
    return bad;
}

static int take_memory(const reading *r) {
    int64_t bytes;
    if (!tw_option_size(tw_str_of(r->value), &bytes) || bytes < 1 << 20)
        return tw_usage("--memory takes a size of at least 1 mb, such as '2 gb', not '%s'", r->value);
    r->options->memory = (size_t)bytes;
    return 0;
}

static int take_replay(const reading *r) {
    char *end;
    double speed = strtod(r->value, &end);
    if (!*r->value || *end || !(speed >= 0 && speed < 1e9)) return tw_usage("--replay takes a speed, 1 for as it happened, not '%s'", r->value);
    r->options->job.replay_speed = speed;
    r->options->replay_given = true;
    return 0;
}

static int take_format(const reading *r) {
    int format = tw_result_format_parse(r->value);
    if (format < 0) return tw_usage("--format takes table, json, csv or changelog, not '%s'", r->value);
    r->options->format = (tw_result_format)format;
    return 0;
}

static int take_text(const reading *r) {
    if (!r->text) return tw_usage("this command does not take -e");
    *r->text = r->value;
    return 0;
}

static const struct {
    const char *name;
    int (*take)(const reading *r);
} TAKERS[] = {{"--shards", take_shards}, {"--batch", take_batch},   {"--seed", take_seed}, {"--memory", take_memory},
              {"--replay", take_replay}, {"--format", take_format}, {"-e", take_text},     {"--execute", take_text}};

/* 1: not an option of ours; 0: taken; -1: wrong. `*used` arguments were taken. */
static int take(reading *r, int argc, char **argv, int *used) {
    const char *equals = strncmp(argv[0], "--", 2) == 0 ? strchr(argv[0], '=') : NULL;
    size_t length = equals ? (size_t)(equals - argv[0]) : strlen(argv[0]);
    for (size_t i = 0; i < sizeof TAKERS / sizeof *TAKERS; i++) {
        if (strlen(TAKERS[i].name) != length || strncmp(TAKERS[i].name, argv[0], length) != 0) continue;
        if (!equals && argc < 2) return tw_usage("%s needs a value", TAKERS[i].name);
        r->name = TAKERS[i].name;
        r->value = equals ? equals + 1 : argv[1];
        *used = equals ? 1 : 2;
        return TAKERS[i].take(r);
    }
    return 1;
}

int tw_options_take(int argc, char **argv, tw_script_options *options, const char **text) {
    *options = (tw_script_options){.format = TW_RESULT_TABLE, .out = stdout, .progress = tw_is_terminal(2)};
    tw_job_options_default(&options->job);
    reading r = {.options = options, .text = text};
    int left = 0;
    for (int i = 0; i < argc;) {
        int used = 1, taken = take(&r, argc - i, argv + i, &used);
        if (taken < 0) return -1;
        if (taken == 1) {
            if (argv[i][0] == '-' && argv[i][1]) return tw_usage("there is no option '%s'", argv[i]);
            argv[left++] = argv[i];
        }
        i += used;
    }
    return left;
}
