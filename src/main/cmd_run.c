/* thalweg run, explain, check, functions. */
#include <stdlib.h>
#include <string.h>

#include "expr/function.h"
#include "main/command.h"
#include "main/monitor.h"

/* --- run --- */

static void say_totals(tw_script *script) {
    const tw_script_totals *t = tw_script_get_totals(script);
    char in[32], out[32];
    if (t->jobs == 0) return;
    fprintf(stderr, "%s rows in, %s rows out, %.3f s\n", tw_count_text(in, t->rows_in), tw_count_text(out, t->rows_out), (double)t->ns / 1e9);
}

static int run_text(tw_script *script, const char *name, tw_str text) {
    tw_error error = {0};
    tw_status status = tw_script_run(script, text, &error);
    return status == TW_OK ? TW_EXIT_OK : tw_complain(&error, name, text);
}

static int run_files(tw_script *script, int n, char **files) {
    for (int i = 0; i < n; i++) {
        char *text;
        size_t length;
        if (!tw_script_load(files[i], &text, &length)) return TW_EXIT_ERROR;
        int code = run_text(script, files[i], (tw_str){text, length});
        free(text);
        if (code != TW_EXIT_OK) return code;
    }
    return TW_EXIT_OK;
}

/* Takes --live out of the arguments. */
static bool take_live(int *argc, char **argv) {
    int left = 0, n = *argc;
    for (int i = 0; i < n; i++)
        if (strcmp(argv[i], "--live") != 0) argv[left++] = argv[i];
    *argc = left;
    return left < n;
}

int tw_command_run(int argc, char **argv) {
    tw_script_options options;
    tw_script *script;
    tw_mem mem;
    tw_error error;
    const char *text = NULL;
    bool live = take_live(&argc, argv);
    int n = tw_options_take(argc, argv, &options, &text);
    if (n < 0 || (n == 0 && !text))
        return n < 0 ? TW_EXIT_USAGE : (tw_usage("run needs a script: a file, '-' for standard input, or -e \"SELECT ...\""), TW_EXIT_USAGE);
    tw_interrupt_install();
    if (live && tw_live_open(tw_is_terminal(1) ? TW_LIVE_DRAW : TW_LIVE_LINES, stdout, &options.live, &error) != TW_OK)
        return tw_complain(&error, NULL, TW_STR(""));
    tw_mem_init(&mem, NULL, options.memory);
    if (tw_script_open(&mem, &options, &script, &error) != TW_OK) return tw_complain(&error, NULL, TW_STR(""));
    int code = run_files(script, n, argv);
    if (code == TW_EXIT_OK && text) code = run_text(script, "-e", tw_str_of(text));
    if (options.live) tw_live_end(options.live);
    code = tw_output_end(code);
    if (code != TW_EXIT_ABANDONED) {
        if (options.progress || code == TW_EXIT_INTERRUPTED) say_totals(script);
        tw_script_report(script, stderr);
    }
    tw_script_close(script);
    tw_live_close(options.live);
    return code;
}

/* --- explain, check --- */

typedef int (*text_command)(tw_script *script, const char *name, tw_str text);

static int for_each_script(int argc, char **argv, const char *command, text_command run) {
    tw_script_options options;
    const char *text = NULL;
    int n = tw_options_take(argc, argv, &options, &text), code = TW_EXIT_OK;
    if (n < 0) return TW_EXIT_USAGE;
    if (n == 0 && !text) return tw_usage("%s needs a script", command), TW_EXIT_USAGE;
    for (int i = 0; i < n + (text != NULL) && code == TW_EXIT_OK; i++) {
        tw_script *script;
        tw_mem mem;
        tw_error error;
        char *loaded = NULL;
        size_t length = text ? strlen(text) : 0;
        if (i < n && !tw_script_load(argv[i], &loaded, &length)) return TW_EXIT_ERROR;
        tw_mem_init(&mem, NULL, options.memory);
        if (tw_script_open(&mem, &options, &script, &error) != TW_OK) return tw_complain(&error, NULL, TW_STR(""));
        code = run(script, i < n ? argv[i] : "-e", (tw_str){loaded ? loaded : text, length});
        tw_script_close(script);
        free(loaded);
    }
    return code;
}

static int explain_text(tw_script *script, const char *name, tw_str text) {
    tw_error error = {0};
    return tw_script_explain(script, text, &error) == TW_OK ? TW_EXIT_OK : tw_complain(&error, name, text);
}

int tw_command_explain(int argc, char **argv) { return for_each_script(argc, argv, "explain", explain_text); }

typedef struct checking {
    const char *name;
    tw_str text;
} checking;

static void complain_of(void *context, const tw_error *error) {
    const checking *c = context;
    tw_complain(error, c->name, c->text);
}

static int check_text(tw_script *script, const char *name, tw_str text) {
    checking c = {name, text};
    int errors = tw_script_check(script, text, complain_of, &c);
    if (errors) fprintf(stderr, "%s: %d error%s\n", name, errors, errors == 1 ? "" : "s");
    return errors ? TW_EXIT_ERROR : TW_EXIT_OK;
}

int tw_command_check(int argc, char **argv) { return for_each_script(argc, argv, "check", check_text); }

/* --- functions --- */

int tw_command_functions(int argc, char **argv) {
    for (int i = 0; i < tw_function_count(); i++) {
        const tw_function *f = tw_function_at(i);
        if (f->flags & TW_FN_HIDDEN) continue;
        bool wanted = argc == 0;
        for (int k = 0; k < argc; k++) wanted |= tw_str_equal_nocase(tw_str_of(argv[k]), tw_str_of(f->name));
        if (wanted) printf("%s\n    %s\n    %s (%s)\n", f->name, f->usage, f->doc, f->category);
    }
    return TW_EXIT_OK;
}
