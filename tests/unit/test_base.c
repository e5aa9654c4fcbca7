#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/buf.h"
#include "base/crc.h"
#include "base/error.h"
#include "base/hash.h"

static void test_crc32c(void **state) {
    (void)state;
    /* RFC 3720 B.4: 32 zero bytes, 32 bytes of ones, and the check value of "123456789". */
    unsigned char zeros[32] = {0}, ones[32];
    memset(ones, 0xff, sizeof ones);
    assert_int_equal(tw_crc32c(0, zeros, 32), 0x8a9136aa);
    assert_int_equal(tw_crc32c(0, ones, 32), 0x62a8ab43);
    assert_int_equal(tw_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(tw_crc32c(tw_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    assert_int_equal(tw_crc32c_plain(0, ones, 32), 0x62a8ab43);
}

/* One bit at a time, as the polynomial is defined. */
static uint32_t crc_by_bits(uint32_t crc, const unsigned char *p, size_t length) {
    crc = ~crc;
    for (; length; length--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    return ~crc;
}

/* Every length around the ways' steps, at every alignment, and split anywhere. */
static void test_crc32c_ways_agree(void **state) {
    (void)state;
    static unsigned char bytes[8192];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    for (size_t length = 0; length < 4700; length += length < 40 ? 1 : 97) {
        const unsigned char *p = bytes + length % 9;
        uint32_t expected = crc_by_bits(7, p, length);
        assert_int_equal(tw_crc32c(7, p, length), expected);
        assert_int_equal(tw_crc32c_plain(7, p, length), expected);
        assert_int_equal(tw_crc32c(tw_crc32c(7, p, length / 3), p + length / 3, length - length / 3), expected);
    }
    for (size_t length = 1530; length < 1545; length++) assert_int_equal(tw_crc32c(0, bytes, length), crc_by_bits(0, bytes, length));
}

static void test_arena_and_budget(void **state) {
    (void)state;
    tw_mem root, mem;
    tw_mem_init(&root, NULL, 8 << 20);
    tw_mem_init(&mem, &root, 0);
    tw_arena arena;
    tw_arena_init(&arena, &mem, 256);
    for (int i = 0; i < 1000; i++) {
        char *p = tw_arena_alloc(&arena, (size_t)i);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % (i % 16 == 0 ? 16 : 8), 0);
        memset(p, i, (size_t)i);
    }
    assert_null(tw_arena_alloc(&arena, 9 << 20)); /* past the root's limit */
    assert_string_equal(tw_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    tw_arena_reset(&arena);
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
    mem.fail_at = 2;
    void *a = tw_malloc(&mem, 10);
    assert_non_null(a);
    assert_null(tw_malloc(&mem, 10));
    tw_free(&mem, a, 10);
    assert_int_equal(mem.used, 0);
}

/* A shared budget is charged to the byte, as is its parent; a limit anywhere above refuses and leaves nothing charged. */
static void test_shared_budget(void **state) {
    (void)state;
    tw_mem root, mem;
    tw_mem_init(&root, NULL, 1000);
    tw_mem_init(&mem, &root, 0);
    tw_mem_share(&mem);
    char *p = tw_malloc(&mem, 600);
    assert_non_null(p);
    assert_int_equal(root.used, 600);
    assert_null(tw_malloc(&mem, 500));
    assert_int_equal(mem.used, 600);
    p = tw_realloc(&mem, p, 600, 900);
    assert_int_equal(root.used, 900);
    mem.fail_at = 2;
    char *q = tw_malloc(&mem, 10);
    assert_non_null(q);
    assert_null(tw_malloc(&mem, 10));
    tw_free(&mem, p, 900);
    tw_free(&mem, q, 10);
    assert_int_equal(mem.used, 0);
    assert_int_equal(root.used, 0);
    tw_mem_close(&mem);
}

static void test_buf_round_trip(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_buf buf;
    tw_buf_init(&buf, &mem, 0);
    uint64_t values[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX};
    for (int i = 0; i < 8; i++) {
        tw_buf_varint(&buf, values[i]);
        tw_buf_u64(&buf, values[i]);
    }
    tw_buf_bytes(&buf, TW_STR("hello"));
    tw_reader in = {buf.data, buf.data + buf.length, false};
    for (int i = 0; i < 8; i++) {
        assert_true(tw_read_varint(&in) == values[i]);
        assert_true(tw_read_u64(&in) == values[i]);
    }
    assert_true(tw_str_equal(tw_read_bytes(&in), TW_STR("hello")));
    assert_false(in.failed);
    tw_read_u32(&in);
    assert_true(in.failed);
    tw_buf_free(&buf);
    tw_buf_init(&buf, &mem, 4);
    tw_buf_text(&buf, "abcd");
    tw_buf_text(&buf, "e");
    assert_true(buf.failed);
    assert_int_equal(buf.length, 4);
    tw_buf_free(&buf);
    assert_int_equal(mem.used, 0);
}

/* As printf writes them: every number of digits, and both ends of the range. */
static void test_integers_as_text(void **state) {
    (void)state;
    uint64_t power = 1;
    for (int digits = 1; digits <= 19; digits++, power *= 10) {
        for (int64_t near = -2; near <= 2; near++) {
            int64_t v = (int64_t)power + near, both[] = {v, -v, INT64_MIN + near + 2, INT64_MAX - near - 2};
            for (int k = 0; k < 4; k++) {
                char text[20], expected[24];
                int n = tw_int_format(text, both[k]);
                assert_int_equal(n, snprintf(expected, sizeof expected, "%lld", (long long)both[k]));
                assert_memory_equal(text, expected, n);
            }
        }
    }
}

static void test_strings(void **state) {
    (void)state;
    assert_true(tw_utf8_valid("gr\xc3\xbc\xc3\x9f", 6));
    assert_false(tw_utf8_valid("\xc0\x80", 2));         /* overlong */
    assert_false(tw_utf8_valid("\xed\xa0\x80", 3));     /* surrogate */
    assert_false(tw_utf8_valid("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
    assert_int_equal(tw_utf8_length("\xc3\xbc"
                                    "a\xf0\x9f\x98\x80",
                                    7),
                     3);
    const char *names[] = {"price", "auction", "bidder"};
    assert_string_equal(tw_str_nearest(TW_STR("prcie"), names, 3), "price");
    assert_string_equal(tw_str_nearest(TW_STR("Aucton"), names, 3), "auction");
    assert_null(tw_str_nearest(TW_STR("zzz"), names, 3));
}

/* A byte that ends the valid part is found wherever it is among ASCII ones. */
static void test_utf8_at_every_place(void **state) {
    (void)state;
    char text[100];
    for (size_t length = 0; length <= sizeof text; length++) {
        memset(text, 'x', length);
        assert_true(tw_utf8_valid(text, length));
        for (size_t at = 0; at < length; at++) {
            text[at] = '\xff';
            assert_int_equal(tw_utf8_valid_length(text, length), at);
            text[at] = 'x';
        }
        for (size_t at = 0; at + 2 <= length; at++) {
            memcpy(text + at, "\xc3\xbc", 2);
            assert_true(tw_utf8_valid(text, length));
            memcpy(text + at, "xx", 2);
        }
    }
}

static void test_error_text(void **state) {
    (void)state;
    tw_error e;
    assert_int_equal(tw_fail_at(&e, TW_E_UNDEFINED_COLUMN, (tw_pos){11, 2, 3, 4}, "no column 'prce'"), TW_E_UNDEFINED_COLUMN);
    tw_error_hint(&e, "did you mean 'price'?");
    char out[512];
    tw_error_format(&e, NULL, "SELECT a\n  prce FROM t", 22, out, sizeof out);
    assert_string_equal(out, "line 2, column 3: error 42703: no column 'prce'\n"
                             "      2 |   prce FROM t\n"
                             "        |   ^~~~\n"
                             "  hint: did you mean 'price'?\n");
}

/* Long lines are cut between characters, whatever their length. */
static void test_error_text_is_whole_characters(void **state) {
    (void)state;
    static const char character[] = "\xe6\xbc\xa2";
    tw_error e;
    char source[600], out[1024];
    for (int i = 0; i < (int)sizeof source; i++) source[i] = character[i % 3];
    for (uint32_t at = 150; at < 300; at += 3) {
        tw_fail_at(&e, TW_E_INVALID, (tw_pos){at, 1, 1, 3}, "odd");
        tw_error_format(&e, NULL, source, sizeof source, out, sizeof out);
        const char *line = strstr(out, " | ") + 3, *end = strchr(line, '\n');
        assert_int_equal((end - line) % 3, 0);
        assert_memory_equal(line, character, 3);
    }
}

static void test_grow(void **state) {
    (void)state;
    tw_mem mem;
    int64_t *items = NULL;
    int32_t count = 0, room = 0;
    tw_mem_init(&mem, NULL, 0);
    for (; count < 100; count++) {
        assert_true(tw_grow(&mem, &items, count, &room, 3, sizeof *items));
        assert_true(count < room);
        items[count] = count;
    }
    assert_int_equal(room, 192); /* 3, 6, 12 ... */
    for (int32_t i = 0; i < count; i++) assert_int_equal(items[i], i);
    const int64_t *before = items;
    mem.fail_at = 1;
    assert_true(tw_grow(&mem, &items, 191, &room, 3, sizeof *items)); /* there is a place */
    assert_false(tw_grow(&mem, &items, 192, &room, 3, sizeof *items));
    assert_ptr_equal(items, before);
    assert_int_equal(room, 192);
    tw_free(&mem, items, sizeof *items * (size_t)room);
    assert_int_equal(mem.used, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_crc32c),
        cmocka_unit_test(test_crc32c_ways_agree),
        cmocka_unit_test(test_arena_and_budget),
        cmocka_unit_test(test_shared_budget),
        cmocka_unit_test(test_buf_round_trip),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_integers_as_text),
        cmocka_unit_test(test_error_text),
        cmocka_unit_test(test_utf8_at_every_place),
        cmocka_unit_test(test_error_text_is_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
