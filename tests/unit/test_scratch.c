/* The temporary folder of a behaviour file's run: made when it is named, one for the run, gone behind it with all that is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main/scratch.h"
#include "os/os.h"
#include "test.h"

static void one_folder_for_all_its_marks(void **state) {
    (void)state;
    tw_mem mem;
    tw_arena arena;
    tw_error error;
    tw_file_info info;
    tw_scratch scratch = {.path = ""}, other = {.path = ""};
    tw_str out, again;
    char inner[512];
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 256);
    assert_int_equal(tw_scratch_expand(&scratch, &arena, TW_STR("no $scratch, ${ scratch}"), &out, &error), TW_OK);
    assert_string_equal(scratch.path, "");
    assert_int_equal(tw_scratch_expand(&scratch, &arena, TW_STR("${scratch}${scratch}/x"), &out, &error), TW_OK);
    size_t n = strlen(scratch.path);
    assert_int_equal(out.length, 2 * n + 2);
    assert_memory_equal(out.data + n, scratch.path, n);
    assert_int_equal(tw_scratch_expand(&scratch, &arena, TW_STR("${scratch}"), &again, &error), TW_OK);
    assert_memory_equal(again.data, out.data, n);
    assert_int_equal(tw_scratch_expand(&other, &arena, TW_STR("${scratch}"), &again, &error), TW_OK);
    assert_string_not_equal(scratch.path, other.path);

    snprintf(inner, sizeof inner, "%s/a/b", scratch.path);
    assert_int_equal(tw_dir_make(inner, &error), TW_OK);
    tw_scratch_remove(&scratch);
    snprintf(inner, sizeof inner, "%s", other.path);
    tw_scratch_remove(&other);
    tw_scratch_remove(&other);
    assert_int_equal(tw_file_stat(inner, &info, &error), TW_E_NOT_FOUND);
    assert_int_equal(tw_file_stat(tw_arena_strndup(&arena, out.data, n), &info, &error), TW_E_NOT_FOUND);
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
}

static void no_room_for_it(void **state) {
    (void)state;
    tw_error error;
    tw_scratch scratch = {.path = ""};
    tw_str out;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    assert_int_equal(tw_scratch_expand(&scratch, NULL, TW_STR("${scratch}"), &out, &error), TW_E_NOT_FOUND);
    assert_string_equal(scratch.path, "");
    unsetenv("TMPDIR");
}

static void memory_that_runs_out(void **state) {
    (void)state;
    tw_error error;
    tw_scratch scratch = {.path = ""};
    tw_status status = TW_E_NOMEM;
    for (size_t limit = 1; status != TW_OK; limit += 64) {
        tw_mem mem;
        tw_arena arena;
        tw_str out;
        tw_mem_init(&mem, NULL, limit);
        tw_arena_init(&arena, &mem, 256);
        status = tw_scratch_expand(&scratch, &arena, TW_STR("${scratch}/file"), &out, &error);
        assert_true(status == TW_OK || status == TW_E_NOMEM);
        tw_arena_free(&arena);
        assert_int_equal(mem.used, 0);
        assert_true(limit < 65536);
    }
    tw_scratch_remove(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_folder_for_all_its_marks),
        cmocka_unit_test(no_room_for_it),
        cmocka_unit_test(memory_that_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
