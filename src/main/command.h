/* The commands of the program. Each takes the arguments behind its name and returns the exit code:
 *
 *     0    done
 *     1    an error in the SQL, its input or its output
 *     2    wrong usage
 *     3    `thalweg test`: a case failed
 *     130  stopped by Ctrl-C
 *     141  nobody reads standard output any more: as if ended by SIGPIPE, without a message */
#ifndef TW_MAIN_COMMAND_H
#define TW_MAIN_COMMAND_H

#include "main/script.h"

enum { TW_EXIT_OK = 0, TW_EXIT_ERROR = 1, TW_EXIT_USAGE = 2, TW_EXIT_FAILED = 3, TW_EXIT_INTERRUPTED = 130, TW_EXIT_ABANDONED = 141 };

typedef struct tw_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
    const char *doc;
} tw_command;

extern const tw_command TW_COMMANDS[];
extern const int TW_COMMAND_COUNT;

int tw_command_run(int argc, char **argv); /* run FILE...; also -e TEXT */
int tw_command_explain(int argc, char **argv);
int tw_command_check(int argc, char **argv);
int tw_command_functions(int argc, char **argv);
int tw_command_demo(int argc, char **argv);  /* demo [--replay X] [SCRIPT] */
int tw_command_infer(int argc, char **argv); /* infer FILE */
int tw_command_test(int argc, char **argv);  /* test [--quick] FILE|FOLDER... */

/* The options that commands share, taken out of argv: --shards, --memory, --format, ... What is left is in argv[0..n). -1 after a message. */
int tw_options_take(int argc, char **argv, tw_script_options *options, const char **text);
/* Reads a script: a file, or standard input for "-". The caller frees *text with free(). */
bool tw_script_load(const char *path, char **text, size_t *length);
/* Prints an error as users see it, and returns the exit code for its status; says nothing when nobody reads the output any more. */
int tw_complain(const tw_error *error, const char *name, tw_str text);
/* Ends what was written to standard output: the exit code, which is `code` unless something of it is lost. */
int tw_output_end(int code);
int tw_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
