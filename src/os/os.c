#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void tw_os_real(tw_os *os) { memset(os, 0, sizeof *os); }

void tw_os_simulated(tw_os *os, int64_t wall_ms) {
    memset(os, 0, sizeof *os);
    os->simulated = true;
    os->wall_ms = wall_ms;
    os->mono_ns = 1;
}

void tw_os_advance(tw_os *os, int64_t ms) {
    TW_ASSERT(os->simulated);
    os->wall_ms += ms;
    os->mono_ns += ms * 1000000;
}

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t tw_wall_ms(tw_os *os) { return os->simulated ? os->wall_ms : read_clock(CLOCK_REALTIME) / 1000000; }
int64_t tw_mono_ns(tw_os *os) { return os->simulated ? os->mono_ns : read_clock(CLOCK_MONOTONIC); }
int64_t tw_cpu_ns(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

uint64_t tw_random_seed(void) {
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) seed = (uint64_t)read_clock(CLOCK_REALTIME);
    return seed;
}

int32_t tw_cpu_count(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 256 ? 256 : (int32_t)n;
}

size_t tw_rss(void) {
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long total, resident = 0;
    if (f && fscanf(f, "%lu %lu", &total, &resident) != 2) resident = 0;
    if (f) fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

bool tw_is_terminal(int fd) { return isatty(fd); }

bool tw_terminal_size(int fd, int *columns, int *rows) {
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) != 0 || w.ws_col == 0) return false;
    *columns = w.ws_col;
    *rows = w.ws_row;
    return true;
}

static volatile sig_atomic_t interrupts;
static const char *volatile farewell; /* of a second Ctrl-C, for the terminal */
static void on_signal(int number) {
    (void)number;
    if (++interrupts == 1) return;
    const char *text = farewell;
    if (text && write(STDOUT_FILENO, text, strlen(text)) < 0) _exit(1);
    _exit(130);
}

void tw_interrupt_farewell(const char *text) { farewell = text; }

void tw_interrupt_install(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}
bool tw_interrupted(void) { return interrupts > 0; }

/* --- standard streams --- */

void tw_standard_streams_open(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR) != fd) return;
}

static bool is_full(int number) { return number == ENOSPC || number == EDQUOT || number == EFBIG; }

tw_status tw_stream_failed(tw_error *error) {
    tw_status status = is_full(errno) ? TW_E_DISK_FULL : TW_E_IO;
    return tw_fail(error, status, "cannot write to the output: %s", strerror(errno));
}

bool tw_output_abandoned(void) {
    struct stat stat;
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return fstat(STDOUT_FILENO, &stat) == 0 && !S_ISREG(stat.st_mode) && poll(&output, 1, 0) == 1 && output.revents & (POLLERR | POLLHUP);
}

/* --- files --- */

static tw_status failed(tw_error *error, const char *what, const char *path) {
    bool full = is_full(errno);
    tw_status status = errno == ENOENT ? TW_E_NOT_FOUND : full ? TW_E_DISK_FULL : TW_E_IO;
    tw_fail(error, status, "cannot %s '%s': %s", what, path, strerror(errno));
    if (error) error->retriable = full;
    return status;
}

tw_status tw_file_open(const char *path, bool write, tw_file *out, tw_error *error) {
    out->fd = -1;
    if (strlen(path) >= sizeof out->path) return tw_fail(error, TW_E_LIMIT, "the path is longer than %zu bytes", sizeof out->path - 1);
    memcpy(out->path, path, strlen(path) + 1);
    out->fd = open(path, (write ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY) | O_CLOEXEC, 0666);
    return out->fd < 0 ? failed(error, write ? "create" : "open", path) : TW_OK;
}

tw_status tw_file_open_update(const char *path, bool create, tw_file *out, int64_t *size, tw_error *error) {
    struct stat s;
    out->fd = -1;
    if (strlen(path) >= sizeof out->path) return tw_fail(error, TW_E_LIMIT, "the path is longer than %zu bytes", sizeof out->path - 1);
    memcpy(out->path, path, strlen(path) + 1);
    out->fd = open(path, O_RDWR | (create ? O_CREAT : 0) | O_CLOEXEC, 0666);
    if (out->fd < 0) return failed(error, "open", path);
    if (fstat(out->fd, &s) != 0) {
        tw_status status = failed(error, "open", path);
        tw_file_close(out);
        return status;
    }
    *size = s.st_size;
    return TW_OK;
}

tw_status tw_file_read(tw_file *file, void *out, size_t size, int64_t at, size_t *got, tw_error *error) {
    *got = 0;
    while (*got < size) {
        ssize_t n = at >= 0 ? pread(file->fd, (char *)out + *got, size - *got, at + (int64_t)*got) : read(file->fd, (char *)out + *got, size - *got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(error, "read", file->path);
        if (n == 0) break;
        *got += (size_t)n;
    }
    return TW_OK;
}

tw_status tw_file_write(tw_file *file, const void *bytes, size_t size, tw_error *error) {
    const char *p = bytes;
    while (size) {
        ssize_t n = write(file->fd, p, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(error, "write", file->path);
        p += n;
        size -= (size_t)n;
    }
    return TW_OK;
}

tw_status tw_file_write_at(tw_file *file, const void *bytes, size_t size, int64_t at, tw_error *error) {
    const char *p = bytes;
    while (size) {
        ssize_t n = pwrite(file->fd, p, size, at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(error, "write", file->path);
        p += n;
        at += n;
        size -= (size_t)n;
    }
    return TW_OK;
}

tw_status tw_file_truncate(tw_file *file, int64_t size, tw_error *error) {
    if (ftruncate(file->fd, size) != 0 || lseek(file->fd, size, SEEK_SET) < 0) return failed(error, "cut", file->path);
    return TW_OK;
}

tw_status tw_input_read(int fd, void *out, size_t size, size_t *got, bool *ended, tw_error *error) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    *got = 0;
    *ended = false;
    if (poll(&ready, 1, 0) == 0) return TW_OK;
    ssize_t n = read(fd, out, size);
    if (n < 0 && errno != EINTR && errno != EAGAIN) return failed(error, "read", "standard input");
    *ended = n == 0;
    *got = n > 0 ? (size_t)n : 0;
    return TW_OK;
}

static int64_t read_owner(int fd) {
    char text[24] = {0};
    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtoll(text, NULL, 10) : 0;
}

tw_status tw_file_lock(const char *path, tw_file *out, int64_t *owner, tw_error *error) {
    int64_t size;
    char text[24];
    *owner = 0;
    TW_TRY(tw_file_open_update(path, true, out, &size, error));
    if (flock(out->fd, LOCK_EX | LOCK_NB) != 0) {
        bool held = errno == EWOULDBLOCK;
        tw_status status = held ? tw_fail(error, TW_E_DUPLICATE, "'%s' is locked by another process", path) : failed(error, "lock", path);
        if (held) *owner = read_owner(out->fd);
        tw_file_close(out);
        return status;
    }
    int length = snprintf(text, sizeof text, "%lld\n", (long long)getpid());
    tw_status status = tw_file_truncate(out, 0, error);
    if (status == TW_OK) status = tw_file_write_at(out, text, (size_t)length, 0, error);
    if (status != TW_OK) tw_file_close(out);
    return status;
}

tw_status tw_file_sync(tw_file *file, tw_error *error) { return fsync(file->fd) != 0 ? failed(error, "sync", file->path) : TW_OK; }

tw_status tw_file_sync_data(tw_file *file, tw_error *error) { return fdatasync(file->fd) != 0 ? failed(error, "sync", file->path) : TW_OK; }

tw_status tw_dir_sync(const char *path, tw_error *error) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed(error, "open", path);
    tw_status status = fsync(fd) != 0 ? failed(error, "sync", path) : TW_OK;
    close(fd);
    return status;
}

void tw_file_close(tw_file *file) {
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
}

tw_status tw_file_stat(const char *path, tw_file_info *out, tw_error *error) {
    struct stat s;
    if (stat(path, &s) != 0) return failed(error, "open", path);
    *out = (tw_file_info){s.st_size, s.st_mtim.tv_sec * INT64_C(1000) + s.st_mtim.tv_nsec / 1000000, S_ISDIR(s.st_mode)};
    return TW_OK;
}

tw_status tw_file_rename(const char *from, const char *to, tw_error *error) { return rename(from, to) != 0 ? failed(error, "rename", from) : TW_OK; }
tw_status tw_file_remove(const char *path, tw_error *error) { return unlink(path) != 0 ? failed(error, "remove", path) : TW_OK; }

tw_status tw_dir_remove(const char *path, tw_error *error) { return rmdir(path) == 0 ? TW_OK : failed(error, "remove", path); }

tw_status tw_dir_make(const char *path, tw_error *error) {
    char part[1024];
    size_t n = strlen(path);
    if (n >= sizeof part) return tw_fail(error, TW_E_LIMIT, "the path is longer than %zu bytes", sizeof part - 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST) return failed(error, "create", part);
    }
    return TW_OK;
}

tw_status tw_dir_make_temporary(const char *prefix, char *out, size_t size, tw_error *error) {
    const char *parent = getenv("TMPDIR");
    int n = snprintf(out, size, "%s/%s-XXXXXX", parent && *parent ? parent : "/tmp", prefix);
    if (n < 0 || (size_t)n >= size) return tw_fail(error, TW_E_LIMIT, "the path is longer than %zu bytes", size - 1);
    return mkdtemp(out) ? TW_OK : failed(error, "create", out);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info, (void)kind, (void)place;
    return remove(path);
}

tw_status tw_dir_remove_all(const char *path, tw_error *error) {
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 ? failed(error, "remove", path) : TW_OK;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

tw_status tw_dir_list(tw_arena *arena, const char *path, const char *const **names, int *count, tw_error *error) {
    DIR *dir = opendir(path);
    if (!dir) return failed(error, "open", path);
    const char **list = NULL;
    int n = 0, capacity = 0;
    tw_status status = TW_OK;
    for (struct dirent *e; status == TW_OK && (e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        if (n == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            const char **more = tw_arena_alloc(arena, sizeof *more * (size_t)capacity);
            if (more && n) memcpy(more, list, sizeof *more * (size_t)n);
            list = more;
        }
        if (!list || !(list[n++] = tw_arena_strndup(arena, e->d_name, strlen(e->d_name)))) status = tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    closedir(dir);
    if (status == TW_OK && n) qsort(list, (size_t)n, sizeof *list, by_name);
    *names = list;
    *count = n;
    return status;
}

tw_status tw_glob(tw_arena *arena, const char *pattern, const char *const **paths, int *count, tw_error *error) {
    glob_t g;
    *count = 0;
    int result = glob(pattern, 0, NULL, &g);
    if (result == GLOB_NOMATCH) return TW_OK;
    if (result != 0) return tw_fail(error, result == GLOB_NOSPACE ? TW_E_NOMEM : TW_E_IO, "cannot list '%s'", pattern);
    const char **list = tw_arena_alloc(arena, sizeof *list * (g.gl_pathc + 1));
    for (size_t i = 0; list && i < g.gl_pathc; i++)
        if (!(list[i] = tw_arena_strndup(arena, g.gl_pathv[i], strlen(g.gl_pathv[i])))) list = NULL;
    *count = (int)g.gl_pathc;
    globfree(&g);
    if (!list) return tw_fail(error, TW_E_NOMEM, "out of memory");
    qsort(list, (size_t)*count, sizeof *list, by_name);
    *paths = list;
    return TW_OK;
}

tw_status tw_file_load(const char *path, size_t limit, tw_buf *out, tw_error *error) {
    tw_file file;
    TW_TRY(tw_file_open(path, false, &file, error));
    tw_status status = TW_OK;
    for (;;) {
        char *to = tw_buf_reserve(out, 65536);
        size_t got = 0;
        if (!to || out->length > limit) {
            status = !to ? tw_fail(error, TW_E_NOMEM, "out of memory") : tw_fail(error, TW_E_LIMIT, "'%s' is larger than %zu bytes", path, limit);
            break;
        }
        status = tw_file_read(&file, to, 65536, -1, &got, error);
        if (status != TW_OK || got == 0) break;
        out->length += got;
    }
    tw_file_close(&file);
    return status;
}
