/* thalweg test: behaviour files under their matrix. */
#include <stdlib.h>
#include <string.h>

#include "main/behaviour.h"
#include "main/command.h"

static const tw_behaviour_config MATRIX[] = {
    {4096, 1, 1, false}, {1, 1, 2, false}, {7, 1, 3, false}, {4096, 2, 4, false}, {1, 2, 5, false}, {7, 2, 6, false},
    {4096, 3, 7, false}, {1, 3, 8, false}, {7, 3, 9, false}, {4096, 1, 10, true}, {1, 2, 11, true}, {7, 3, 12, true},
};

typedef struct tally {
    int files, failed_files, cases, runs;
    int configs; /* of the matrix to be run */
} tally;

static bool run_matrix(const tw_behaviour_file *file, tally *t) {
    tw_mem mem;
    tw_buf report;
    bool good = true;
    tw_mem_init(&mem, NULL, 0);
    tw_buf_init(&report, &mem, 0);
    for (int i = 0; i < t->configs && good; i++, t->runs++) good = tw_behaviour_run(file, &MATRIX[i], &report);
    if (!good) printf("%.*s", (int)report.length, report.data ? report.data : "");
    tw_buf_free(&report);
    return good;
}

static void run_file(const char *path, tally *t) {
    char *text;
    size_t length;
    tw_mem mem;
    tw_arena arena;
    tw_error error;
    tw_behaviour_file file;
    t->files++;
    if (!tw_script_load(path, &text, &length)) {
        t->failed_files++;
        return;
    }
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 4096);
    bool good = tw_behaviour_parse(&arena, path, (tw_str){text, length}, &file, &error) == TW_OK;
    if (good)
        good = run_matrix(&file, t);
    else
        printf("%s\n", error.message);
    t->cases += file.cases;
    t->failed_files += !good;
    fflush(stdout);
    tw_arena_free(&arena);
    free(text);
}

static bool ends_with(const char *name, const char *suffix) {
    size_t n = strlen(name), m = strlen(suffix);
    return n >= m && strcmp(name + n - m, suffix) == 0;
}

static bool run_path(const char *path, bool given, tally *t) {
    tw_error error;
    tw_file_info info;
    if (tw_file_stat(path, &info, &error) != TW_OK) {
        tw_complain(&error, NULL, TW_STR(""));
        return false;
    }
    if (!info.directory) {
        if (given || ends_with(path, ".slt")) run_file(path, t);
        return true;
    }
    tw_mem mem;
    tw_arena arena;
    const char *const *names;
    int n = 0;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 4096);
    bool good = tw_dir_list(&arena, path, &names, &n, &error) == TW_OK;
    if (!good) tw_complain(&error, NULL, TW_STR(""));
    for (int i = 0; i < n; i++) {
        char child[1024];
        if (snprintf(child, sizeof child, "%s/%s", path, names[i]) < (int)sizeof child) good &= run_path(child, false, t);
    }
    tw_arena_free(&arena);
    return good;
}

int tw_command_test(int argc, char **argv) {
    tally t = {.configs = sizeof MATRIX / sizeof *MATRIX};
    int paths = 0;
    bool good = true;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            t.configs = 2;
        } else if (argv[i][0] == '-') {
            return tw_usage("there is no option '%s'", argv[i]), TW_EXIT_USAGE;
        } else {
            argv[paths++] = argv[i];
        }
    }
    if (paths == 0) return tw_usage("test needs behaviour files, or folders of them"), TW_EXIT_USAGE;
    for (int i = 0; i < paths; i++) good &= run_path(argv[i], true, &t);
    printf("%d file%s, %d cases, %d runs: %s\n", t.files, t.files == 1 ? "" : "s", t.cases, t.runs, t.failed_files || !good ? "FAILED" : "all good");
    if (t.failed_files) printf("%d file%s failed\n", t.failed_files, t.failed_files == 1 ? "" : "s");
    return t.failed_files || !good ? TW_EXIT_FAILED : TW_EXIT_OK;
}
