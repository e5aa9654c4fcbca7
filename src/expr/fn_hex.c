/* BIN, HEX, UNHEX. */
#include "expr/entries.h"
#include "expr/kernel.h"

tw_status tw_bind_bin(tw_bind *bind) { return tw_bind_signature(bind, "l", &TW_TYPE_STRING); }

tw_status tw_bind_hex(tw_bind *bind) {
    if (tw_bind_matches(bind, "l")) return tw_bind_signature(bind, "l", &TW_TYPE_STRING);
    return tw_bind_signature(bind, "s", &TW_TYPE_STRING);
}

tw_status tw_bind_unhex(tw_bind *bind) { return tw_bind_signature(bind, "s", &TW_TYPE_BYTES); }

/* The digits of an unsigned number, `bits` bits each. */
static void put_digits(tw_eval *eval, tw_column *out, int32_t row, uint64_t v, int bits) {
    char text[64];
    int at = 64;
    do text[--at] = "0123456789ABCDEF"[v & ((1u << bits) - 1)];
    while (v >>= bits);
    tw_out_copy(eval, out, row, text + at, (size_t)(64 - at));
}

static void bin(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, put_digits(eval, out, i, (uint64_t)TW_ARG(int64_t, args[0], i), 1););
}
TW_KERNEL_ENTRY(tw_kernel_bin, bin)

static void hex_number(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, put_digits(eval, out, i, (uint64_t)TW_ARG(int64_t, args[0], i), 4););
}

static void hex_text(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        char *room = tw_out_room(eval, 2 * s.length);
        if (!room) return;
        for (size_t b = 0; b < s.length; b++) {
            room[2 * b] = "0123456789ABCDEF"[(unsigned char)s.data[b] >> 4];
            room[2 * b + 1] = "0123456789ABCDEF"[(unsigned char)s.data[b] & 15];
        }
        tw_out_view(out, i, room, 2 * s.length);
    });
}

tw_kernel tw_kernel_hex(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return tw_type_phys(args[0]->type) == TW_PHYS_STR ? hex_text : hex_number;
}

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Of an odd number of digits the first is thrown away for a zero byte, as Flink documents it. */
static bool decode(tw_str s, char *out, size_t *length) {
    size_t at = 0, n = 0;
    if (s.length % 2 == 1) {
        if (digit(s.data[at++]) < 0) return false;
        out[n++] = 0;
    }
    for (; at < s.length; at += 2) {
        int high = digit(s.data[at]), low = digit(s.data[at + 1]);
        if (high < 0 || low < 0) return false;
        out[n++] = (char)(high << 4 | low);
    }
    *length = n;
    return true;
}

static void unhex(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        size_t length = 0;
        char *room = tw_out_room(eval, (s.length + 1) / 2);
        if (!room) return;
        if (decode(s, room, &length))
            tw_out_view(out, i, room, length);
        else
            tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_unhex, unhex)
