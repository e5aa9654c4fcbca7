/* The program: finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "main/command.h"

const tw_command TW_COMMANDS[] = {
    {"run", tw_command_run, "run [OPTIONS] FILE... | run -e TEXT", "run scripts; a bare SELECT prints its result"},
    {"explain", tw_command_explain, "explain FILE | explain -e TEXT", "show the logical and physical plans of a script's queries"},
    {"check", tw_command_check, "check FILE", "report every error of a script, run nothing"},
    {"test", tw_command_test, "test [--quick] FILE|FOLDER...", "run behaviour files under their matrix"},
    {"infer", tw_command_infer, "infer FILE", "a CREATE TABLE for a file, and its disorder"},
    {"demo", tw_command_demo, "demo [--replay X] [SCRIPT]", "play recorded trades in live tables"},
    {"functions", tw_command_functions, "functions [NAME...]", "list the SQL functions"},
};
const int TW_COMMAND_COUNT = sizeof TW_COMMANDS / sizeof *TW_COMMANDS;

static int help(FILE *out) {
    fprintf(out, "Thalweg %s, streaming SQL\n\nUsage: thalweg COMMAND ...\n       thalweg -e \"SELECT ...\"\n\n", TW_VERSION);
    for (int i = 0; i < TW_COMMAND_COUNT; i++) fprintf(out, "  %-36s %s\n", TW_COMMANDS[i].usage, TW_COMMANDS[i].doc);
    fprintf(out,
            "\nOptions of run:\n"
            "  --format table|json|csv|changelog    how the rows of a SELECT are printed\n"
            "  --shards N                           parallel tasks (default: one per core)\n"
            "  --memory SIZE                        budget, such as '2 gb'\n"
            "  --replay X                           files are played by their event times, X times as fast\n"
            "  --live                               what print sinks write as tables that refresh in place\n"
            "\nExit codes: 0 done, 1 error, 2 wrong usage, 3 a test failed, 130 interrupted, 141 the output's reader is gone. More: man thalweg\n");
    return TW_EXIT_OK;
}

static int run_command(int argc, char **argv) {
    if (argc < 2) return help(stderr), TW_EXIT_USAGE;
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) return printf("thalweg %s\n", TW_VERSION), TW_EXIT_OK;
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return help(stdout);
    if (name[0] == '-' && strcmp(name, "-") != 0) return tw_command_run(argc - 1, argv + 1);
    const char *names[16];
    for (int i = 0; i < TW_COMMAND_COUNT; i++) {
        names[i] = TW_COMMANDS[i].name;
        if (strcmp(name, TW_COMMANDS[i].name) == 0) return TW_COMMANDS[i].run(argc - 2, argv + 2);
    }
    const char *nearest = tw_str_nearest(tw_str_of(name), names, TW_COMMAND_COUNT);
    if (nearest)
        tw_usage("there is no command '%s'; did you mean '%s'?", name, nearest);
    else
        tw_usage("there is no command '%s'", name);
    return TW_EXIT_USAGE;
}

int main(int argc, char **argv) {
    tw_standard_streams_open();
    return tw_output_end(run_command(argc, argv));
}
