/* thalweg demo: recorded trades played in live tables, then the same script as fast as it goes, and the two compared. */
#include <stdlib.h>
#include <string.h>

#include "main/command.h"
#include "main/monitor.h"

#define SCRIPT "examples/market/market.sql"
enum { SPEED = 10 };

typedef struct demo {
    const char *path;
    tw_str text;
    double speed;
    bool terminal;
} demo;

static int run_once(const demo *d, tw_live *live, double speed, tw_script_totals *totals) {
    tw_script_options options = {.format = TW_RESULT_TABLE, .out = stdout, .live = live};
    tw_script *script;
    tw_mem mem;
    tw_error error = {0};
    tw_mem_init(&mem, NULL, 0);
    tw_job_options_default(&options.job);
    options.job.replay_speed = speed;
    if (tw_script_open(&mem, &options, &script, &error) != TW_OK) return tw_complain(&error, NULL, TW_STR(""));
    tw_status status = tw_script_run(script, d->text, &error);
    tw_live_end(live);
    *totals = *tw_script_get_totals(script);
    int code = status == TW_OK ? TW_EXIT_OK : tw_complain(&error, d->path, d->text);
    tw_script_report(script, stderr);
    tw_script_close(script);
    return code;
}

static int compare(const demo *d, tw_live *shown) {
    tw_live *again;
    tw_error error;
    tw_script_totals totals = {0};
    char rows[32];
    if (tw_live_open(TW_LIVE_SILENT, stdout, &again, &error) != TW_OK) return tw_complain(&error, NULL, TW_STR(""));
    int code = run_once(d, again, 0, &totals);
    if (code == TW_EXIT_OK && !tw_live_same(shown, again)) {
        fprintf(stderr, "thalweg demo: the unpaced run gave other tables\n");
        code = TW_EXIT_FAILED;
    }
    if (code == TW_EXIT_OK)
        printf("\nUnpaced: same tables, %s rows in %lld ms.\n\nTry it on a file of your own, of JSON lines or CSV:\n\n"
               "    build/thalweg infer FILE          a CREATE TABLE for it, and how far its rows are out of order\n"
               "    build/thalweg run script.sql      see %s and README.md\n",
               tw_count_text(rows, totals.rows_in), (long long)(totals.ns / 1000000), d->path);
    tw_live_close(again);
    return code;
}

static int play(const demo *d) {
    tw_live *live;
    tw_error error;
    tw_script_totals totals = {0};
    char rows[32];
    if (tw_live_open(d->terminal ? TW_LIVE_DRAW : TW_LIVE_LINES, stdout, &live, &error) != TW_OK) return tw_complain(&error, NULL, TW_STR(""));
    if (d->speed > 0) printf("%s at %g times its speed; Ctrl-C ends it\n", d->path, d->speed);
    fflush(stdout);
    int code = run_once(d, live, d->speed, &totals);
    printf("%s rows in %.1f s.\n", tw_count_text(rows, totals.rows_in), (double)totals.ns / 1e9);
    if (code == TW_EXIT_OK) code = compare(d, live);
    tw_live_close(live);
    return code;
}

int tw_command_demo(int argc, char **argv) {
    tw_script_options options;
    demo d = {.path = SCRIPT, .terminal = tw_is_terminal(1)};
    int n = tw_options_take(argc, argv, &options, NULL);
    char *text;
    size_t length;
    if (n < 0) return TW_EXIT_USAGE;
    if (n > 1) return tw_usage("demo takes one script at most"), TW_EXIT_USAGE;
    if (n == 1) d.path = argv[0];
    d.speed = options.replay_given ? options.job.replay_speed : SPEED;
    if (!tw_script_load(d.path, &text, &length)) {
        fprintf(stderr, "Start the demo in the project's folder.\n");
        return TW_EXIT_ERROR;
    }
    d.text = (tw_str){text, length};
    tw_interrupt_install();
    int code = play(&d);
    free(text);
    return code;
}
