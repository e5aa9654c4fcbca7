/* JSON_ARRAYAGG and JSON_OBJECTAGG, never NULL: of no rows they are [] and {}.
 *
 * As in Flink the value argument is turned into JSON text before it is aggregated (JSON_STRING, or as it is when JSON_OBJECT or JSON_ARRAY made
 * it), and {NULL | ABSENT} ON NULL picks one of two hidden functions, so that no keyword reaches the plan's columns. Members are
 * kept in a value list: an array's as text; an object's as u32 length of the key, key, one byte 1 and the value's text, or 0 for null.
 * Objects are written in order of their keys; of equal keys the last that came counts (Flink fails the job: here a retraction may come later than
 * the row that replaces it). */
#include <stdlib.h>

#include "expr/agg_list.h"
#include "expr/entries.h"
#include "expr/json.h"
#include "expr/symbol.h"
#include "expr/text.h"

static tw_status array_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return tw_list_update(in, true);
}

static tw_status array_update_absent(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return tw_list_update(in, false);
}

/* The text of one group, copied out of the buffer. */
static tw_status put_text(tw_column *out, int32_t row, tw_buf *text, tw_arena *arena) {
    if (text->failed) return text->length > (size_t)TW_TEXT_MAX / 2 ? TW_E_LIMIT : TW_E_NOMEM;
    tw_sview view = tw_sview_make(text->data, text->length);
    TW_TRY(tw_agg_text_put(out, row, &view, arena));
    tw_agg_valid(out, row, true);
    tw_buf_clear(text);
    return TW_OK;
}

static void write_array(tw_buf *text, const tw_value_list *list) {
    const tw_sview *value;
    char before = '[';
    for (int32_t cursor = 0; tw_value_list_next(list, &cursor, &value); before = ',') {
        tw_buf_byte(text, before);
        tw_buf_str(text, value ? tw_sview_str(value) : TW_STR("null"));
    }
    tw_buf_text(text, before == '[' ? "[]" : "]");
}

static tw_status array_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg;
    tw_buf text;
    tw_status status = TW_OK;
    tw_buf_init(&text, arena->mem, (size_t)TW_TEXT_MAX);
    for (int32_t k = 0; k < count && status == TW_OK; k++) {
        write_array(&text, tw_const_list_of(states[k]));
        status = put_text(out, at + k, &text, arena);
    }
    tw_buf_free(&text);
    return status;
}

/* ---- objects ---- */

static void pack_member(tw_buf *out, tw_str key, const tw_column *value, int32_t row) {
    int32_t at = value->constant ? 0 : row;
    bool null = tw_column_null(value, at);
    tw_buf_clear(out);
    tw_buf_u32(out, (uint32_t)key.length);
    tw_buf_str(out, key);
    tw_buf_byte(out, !null);
    if (!null) tw_buf_str(out, tw_sview_str(&((const tw_sview *)value->values)[at]));
}

static tw_status add_member(tw_buf *member, const tw_agg_input *in, int32_t k, bool absent) {
    const tw_column *key = in->args[0], *value = in->args[1];
    int32_t row = in->row ? in->row[k] : k, at = key->constant ? 0 : row;
    if (absent && tw_column_null(value, row)) return TW_OK;
    if (tw_column_null(key, at)) return TW_E_VALUE;
    pack_member(member, tw_sview_str(&((const tw_sview *)key->values)[at]), value, row);
    if (member->failed) return TW_E_NOMEM;
    tw_sview view = tw_sview_make(member->data, member->length);
    return tw_value_list_add(tw_list_of(in->state[k]), in->mem, &view, in->sign ? tw_agg_sign(in->sign[row]) : 1);
}

static inline tw_status object_update_as(const tw_agg_input *in, bool absent) {
    tw_buf member;
    tw_status status = TW_OK;
    tw_buf_init(&member, in->mem, (size_t)UINT32_MAX);
    for (int32_t k = 0; k < in->count && status == TW_OK; k++) status = add_member(&member, in, k, absent);
    tw_buf_free(&member);
    return status;
}

static tw_status object_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return object_update_as(in, false);
}

static tw_status object_update_absent(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return object_update_as(in, true);
}

typedef struct member {
    tw_str key, value; /* value.data NULL: null */
    int32_t order;
} member;

static bool unpack(tw_str bytes, member *out) {
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    uint32_t length = tw_read_u32(&in);
    const char *key = tw_read_raw(&in, length), *some = tw_read_raw(&in, 1);
    if (in.failed || (*some & ~1) || (!*some && in.next != in.end)) return false;
    *out = (member){{key, length}, {*some ? in.next : NULL, (size_t)(in.end - in.next)}, 0};
    return true;
}

static bool member_sound(const void *context, tw_str bytes) {
    (void)context;
    member m;
    return unpack(bytes, &m);
}

static int compare_members(const void *a, const void *b) {
    const member *x = a, *y = b;
    size_t n = x->key.length < y->key.length ? x->key.length : y->key.length;
    int order = n ? memcmp(x->key.data, y->key.data, n) : 0;
    if (!order) order = (x->key.length > y->key.length) - (x->key.length < y->key.length);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void write_members(tw_buf *text, const member *members, int32_t count) {
    char before = '{';
    for (int32_t k = 0; k < count; k++) {
        if (k + 1 < count && tw_str_equal(members[k].key, members[k + 1].key)) continue;
        tw_buf_byte(text, before);
        tw_json_quote(members[k].key, text);
        tw_buf_byte(text, ':');
        tw_buf_str(text, members[k].value.data ? members[k].value : TW_STR("null"));
        before = ',';
    }
    tw_buf_text(text, before == '{' ? "{}" : "}");
}

static tw_status write_object(tw_buf *text, const tw_value_list *list) {
    int32_t count = 0;
    size_t room = sizeof(member) * ((size_t)tw_value_list_count(list) + 1);
    member *members = tw_malloc(text->mem, room);
    if (!members) return TW_E_NOMEM;
    const tw_sview *value;
    for (int32_t cursor = 0; tw_value_list_next(list, &cursor, &value);) {
        TW_ASSERT(value && unpack(tw_sview_str(value), &members[count]));
        members[count].order = count;
        count++;
    }
    qsort(members, (size_t)count, sizeof *members, compare_members);
    write_members(text, members, count);
    tw_free(text->mem, members, room);
    return TW_OK;
}

static tw_status object_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg;
    tw_buf text;
    tw_status status = TW_OK;
    tw_buf_init(&text, arena->mem, (size_t)TW_TEXT_MAX);
    for (int32_t k = 0; k < count && status == TW_OK; k++) {
        status = write_object(&text, tw_const_list_of(states[k]));
        if (status == TW_OK) status = put_text(out, at + k, &text, arena);
    }
    tw_buf_free(&text);
    return status;
}

static tw_status object_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    (void)agg;
    return tw_value_list_read(tw_list_of(state), in, mem, member_sound, NULL);
}

/* ---- entries ---- */

static const tw_aggregate ARRAY_NULL = TW_LIST_AGGREGATE("JSON_ARRAYAGG", array_update, array_result);
static const tw_aggregate ARRAY_ABSENT = TW_LIST_AGGREGATE("JSON_ARRAYAGG", array_update_absent, array_result);
static const tw_aggregate OBJECT_NULL = TW_LIST_AGGREGATE_READ("JSON_OBJECTAGG", object_update, object_result, object_read);
static const tw_aggregate OBJECT_ABSENT = TW_LIST_AGGREGATE_READ("JSON_OBJECTAGG", object_update_absent, object_result, object_read);

#define ENTRY(name, AGGREGATE)                                                                             \
    const tw_aggregate *name(const tw_type *result, const tw_type *const *args, int nargs, bool retract) { \
        (void)result, (void)args, (void)nargs, (void)retract;                                              \
        return &AGGREGATE;                                                                                 \
    }
ENTRY(tw_agg_json_array_null, ARRAY_NULL)
ENTRY(tw_agg_json_array_absent, ARRAY_ABSENT)
ENTRY(tw_agg_json_object_null, OBJECT_NULL)
ENTRY(tw_agg_json_object_absent, OBJECT_ABSENT)

/* ---- binding ---- */

/* The value argument as JSON text. */
static tw_status bind_value(tw_bind *bind, const tw_expr **value) {
    if (tw_bind_makes_json(*value)) return TW_OK;
    const tw_expr **args = TW_NEW_ARRAY(bind->arena, const tw_expr *, 1);
    args[0] = *value;
    tw_bind inner = *bind;
    inner.function = tw_function_find(TW_STR("JSON_STRING"));
    inner.args = args;
    inner.nargs = 1;
    return tw_function_call(&inner, value);
}

static tw_status bind_json(tw_bind *bind, const char *on_null, const char *absent) {
    int64_t symbol;
    if (bind->args[0]->type->kind != TW_SYMBOL || !tw_bind_literal_int(bind, 0, &symbol)) return tw_bind_mismatch(bind);
    TW_TRY(bind_value(bind, &bind->args[bind->nargs - 1]));
    bind->function = tw_function_find(tw_str_of(symbol == TW_SYM_ABSENT ? absent : on_null));
    bind->args++;
    bind->nargs--;
    return tw_bind_result_nullable(bind, &TW_TYPE_STRING, false);
}

tw_status tw_bind_json_arrayagg(tw_bind *bind) { return bind_json(bind, "JSON_ARRAYAGG NULL ON NULL", "JSON_ARRAYAGG ABSENT ON NULL"); }

tw_status tw_bind_json_objectagg(tw_bind *bind) {
    if (!tw_kind_is_text(bind->args[1]->type->kind)) return tw_bind_mismatch(bind);
    return bind_json(bind, "JSON_OBJECTAGG NULL ON NULL", "JSON_OBJECTAGG ABSENT ON NULL");
}
