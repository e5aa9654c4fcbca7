/* The operating system: the only way to time, files, threads and randomness. A tw_os is real, or simulated for tests: then its clock
 * stands still until it is moved. Files are the same in both.
 *
 * Any thread may use a tw_os. File calls may block: on a shard's thread they are made through os/io.h. */
#ifndef TW_OS_OS_H
#define TW_OS_OS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

typedef struct tw_os {
    bool simulated;
    _Atomic int64_t wall_ms; /* simulated: UTC since 1970 */
    _Atomic int64_t mono_ns; /* simulated */
} tw_os;

void tw_os_real(tw_os *os);
void tw_os_simulated(tw_os *os, int64_t wall_ms);
/* Simulated only: both clocks go forward. */
void tw_os_advance(tw_os *os, int64_t ms);

int64_t tw_wall_ms(tw_os *os); /* UTC, milliseconds since 1970 */
int64_t tw_mono_ns(tw_os *os); /* never goes back; its zero is arbitrary */
/* CPU time of the process so far, in ns. */
int64_t tw_cpu_ns(void);
uint64_t tw_random_seed(void);
int32_t tw_cpu_count(void);
/* Resident set, bytes; 0 when unknown. */
size_t tw_rss(void);
bool tw_is_terminal(int fd);
/* Columns and rows of the terminal, false when it is none. */
bool tw_terminal_size(int fd, int *columns, int *rows);

/* Standard streams that the caller has closed are opened to nothing: no file of a job becomes one of them, and a write still fails. */
void tw_standard_streams_open(void);
/* A write to a stream has failed: the message names the cause, by errno. */
tw_status tw_stream_failed(tw_error *error);
/* Standard output is a pipe that nobody reads any more. */
bool tw_output_abandoned(void);

/* Ctrl-C and SIGTERM raise a flag; a second Ctrl-C ends the process at once. A pipe without a reader is an error of the write, no signal. */
void tw_interrupt_install(void);
bool tw_interrupted(void);
/* A static text that a second Ctrl-C writes to standard output before it ends the process: what gives the terminal back. NULL: none. */
void tw_interrupt_farewell(const char *text);

/* Files. Errors name the path; a full disk is TW_E_DISK_FULL, retriable. */
typedef struct tw_file {
    int fd;
    char path[1024];
} tw_file;

typedef struct tw_file_info {
    int64_t size, modified_ms;
    bool directory;
} tw_file_info;

tw_status tw_file_open(const char *path, bool write, tw_file *out, tw_error *error); /* write: created, truncated */
/* For reading and writing, as it is; `create`: made when it is not there. *size: its length. */
tw_status tw_file_open_update(const char *path, bool create, tw_file *out, int64_t *size, tw_error *error);
/* Up to `size` bytes from the current place (or from `at` when it is >= 0); *got 0 at the end. */
tw_status tw_file_read(tw_file *file, void *out, size_t size, int64_t at, size_t *got, tw_error *error);
tw_status tw_file_write(tw_file *file, const void *bytes, size_t size, tw_error *error);
/* All of it at place `at`, or an error, after which that place may hold a part of it. */
tw_status tw_file_write_at(tw_file *file, const void *bytes, size_t size, int64_t at, tw_error *error);
/* Cuts the file, and goes on writing at its end. */
tw_status tw_file_truncate(tw_file *file, int64_t size, tw_error *error);
/* What a terminal or pipe has right now, up to `size` bytes, without waiting. *ended: no more will come. */
tw_status tw_input_read(int fd, void *out, size_t size, size_t *got, bool *ended, tw_error *error);
/* Makes the file when it is not there, takes the lock on it and writes the process's number into it. The lock is held until the file is closed or the process
 * ends. Held by another process: TW_E_DUPLICATE, and *owner is its number (0: unknown). */
tw_status tw_file_lock(const char *path, tw_file *out, int64_t *owner, tw_error *error);
tw_status tw_file_sync(tw_file *file, tw_error *error);
tw_status tw_file_sync_data(tw_file *file, tw_error *error); /* bytes and length, not the times */
tw_status tw_dir_sync(const char *path, tw_error *error);    /* the names in it */
void tw_file_close(tw_file *file);
tw_status tw_file_stat(const char *path, tw_file_info *out, tw_error *error);
tw_status tw_file_rename(const char *from, const char *to, tw_error *error);
tw_status tw_file_remove(const char *path, tw_error *error);
tw_status tw_dir_remove(const char *path, tw_error *error); /* an empty one */
tw_status tw_dir_make(const char *path, tw_error *error);   /* with its parents; fine when it exists */
/* A new, empty folder under $TMPDIR (or /tmp), whose name begins with `prefix`; its path goes to `out`. */
tw_status tw_dir_make_temporary(const char *prefix, char *out, size_t size, tw_error *error);
tw_status tw_dir_remove_all(const char *path, tw_error *error); /* with all that is in it; links are not followed */
/* The names in a folder, sorted bytewise, without . and .. ; both lists are the arena's. */
tw_status tw_dir_list(tw_arena *arena, const char *path, const char *const **names, int *count, tw_error *error);
/* Paths that fit a glob pattern, sorted. */
tw_status tw_glob(tw_arena *arena, const char *pattern, const char *const **paths, int *count, tw_error *error);
/* A whole file, at most `limit` bytes. */
tw_status tw_file_load(const char *path, size_t limit, tw_buf *out, tw_error *error);

#endif
