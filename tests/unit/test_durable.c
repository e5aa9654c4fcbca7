#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/durable.h"

static tw_mem mem;
static char folder[64], path[96];

static int set_up(void **state) {
    (void)state;
    strcpy(folder, "/tmp/tw_durable_XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/f", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    assert_int_equal(mem.used, 0);
    return rmdir(folder);
}

static int64_t file_size(void) {
    tw_file_info info;
    return tw_file_stat(path, &info, NULL) == TW_OK ? info.size : -1;
}

static char pattern(size_t i) { return (char)(i * 7 + i / 251); }

static void append(tw_durable *f, size_t from, size_t n) {
    char *bytes = malloc(n + 1);
    for (size_t i = 0; i < n; i++) bytes[i] = pattern(from + i);
    assert_int_equal(tw_durable_append(f, bytes, n, NULL), TW_OK);
    free(bytes);
}

static void check(tw_durable *f, size_t n) {
    char *bytes = malloc(n + 100);
    size_t got;
    assert_int_equal(tw_durable_read(f, 0, bytes, n + 100, &got, NULL), TW_OK);
    assert_int_equal(got, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(bytes[i], pattern(i));
    assert_int_equal(tw_durable_read(f, (int64_t)n, bytes, 1, &got, NULL), TW_OK);
    assert_int_equal(got, 0);
    free(bytes);
}

/* Small and large appends, in every order around the buffer's size; nothing is seen before the commit. */
static void test_append_sync_commit(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 0, 65535, 65536, 3, 200000, 40000, 40000, 65530, 6, 1};
    tw_durable *f;
    size_t n = 0, seen = 0;
    assert_int_equal(tw_durable_open(&mem, path, 0, &f, NULL), TW_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        append(f, n, sizes[i]);
        n += sizes[i];
        assert_int_equal(tw_durable_end(f), n);
        check(f, seen);
        if (i % 3 == 2) {
            assert_int_equal(tw_durable_sync(f, NULL), TW_OK);
            assert_int_equal(file_size(), n);
            tw_durable_committed(f);
            check(f, seen = n);
        }
    }
    tw_durable_close(f);
    assert_int_equal(tw_durable_open(&mem, path, (int64_t)seen, &f, NULL), TW_OK);
    assert_int_equal(file_size(), seen);
    check(f, seen);
    tw_durable_close(f);
}

static void test_rollback(void **state) {
    (void)state;
    tw_durable *f;
    assert_int_equal(tw_durable_open(&mem, path, 0, &f, NULL), TW_OK);
    append(f, 0, 100);
    assert_int_equal(tw_durable_sync(f, NULL), TW_OK);
    tw_durable_committed(f);
    append(f, 5, 10);
    append(f, 5, 100000);
    append(f, 5, 10);
    assert_int_equal(tw_durable_rollback(f, NULL), TW_OK);
    assert_int_equal(tw_durable_end(f), 100);
    assert_int_equal(file_size(), 100);
    append(f, 100, 70000);
    assert_int_equal(tw_durable_sync(f, NULL), TW_OK);
    tw_durable_committed(f);
    check(f, 70100);
    tw_durable_close(f);
}

static void test_shorter_and_longer(void **state) {
    (void)state;
    tw_durable *f = NULL;
    tw_error error = {0};
    assert_int_equal(tw_durable_open(&mem, path, 5, &f, &error), TW_E_NOT_FOUND);
    FILE *out = fopen(path, "w");
    fputs("0123456789", out);
    fclose(out);
    assert_int_equal(tw_durable_open(&mem, path, 11, &f, &error), TW_E_CORRUPT);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(file_size(), 10);
    assert_int_equal(tw_durable_open(&mem, path, 4, &f, &error), TW_OK);
    assert_int_equal(file_size(), 4);
    assert_int_equal(truncate(path, 2), 0); /* by somebody else, while it is open */
    char bytes[4];
    size_t got;
    assert_int_equal(tw_durable_read(f, 0, bytes, 4, &got, &error), TW_E_CORRUPT);
    tw_durable_close(f);
}

/* A file size limit stands for a full disk: part of the bytes goes in, the call fails, and what follows takes their place. */
static void test_failed_write_leaves_nothing(void **state) {
    (void)state;
    struct rlimit old, small;
    tw_durable *f;
    tw_error error = {0};
    char *bytes = calloc(1, 200000);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(tw_durable_open(&mem, path, 0, &f, NULL), TW_OK);
    append(f, 0, 1000);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 100000;
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(tw_durable_append(f, bytes, 200000, &error), TW_E_DISK_FULL);
    assert_true(error.retriable);
    assert_int_equal(tw_durable_end(f), 1000);
    setrlimit(RLIMIT_FSIZE, &old);
    append(f, 1000, 70000);
    assert_int_equal(tw_durable_sync(f, NULL), TW_OK);
    tw_durable_committed(f);
    check(f, 71000);
    tw_durable_close(f);
    free(bytes);
}

static void test_every_allocation_can_fail(void **state) {
    (void)state;
    for (int64_t n = 1;; n++) {
        tw_durable *f = NULL;
        mem.fail_at = n;
        tw_status status = tw_durable_open(&mem, path, 0, &f, NULL);
        if (status == TW_OK) {
            status = tw_durable_append(f, "abc", 3, NULL);
            assert_int_equal(tw_durable_end(f), status == TW_OK ? 3 : 0);
            tw_durable_close(f);
        }
        bool over = mem.fail_at > 0;
        mem.fail_at = 0;
        assert_int_equal(mem.used, 0);
        if (over) break;
        assert_int_equal(status, TW_E_NOMEM);
    }
}

int main(void) {
    tw_mem_init(&mem, NULL, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_append_sync_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rollback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shorter_and_longer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_write_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_allocation_can_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
