/* Sets of accumulators.
 *
 * Calls are grouped by *source*: the rows that they see. A batch goes through each source once, and what is left of it to every call of the source:
 *
 *     rows, blocks --> [FILTER: TRUE only] --> [DISTINCT: first and last sights only] --> update of each call, at its offset in the block
 *
 * A source without either hands on what it was given. DISTINCT counts each (key, arguments) in the family's table, with signs. A value is there while
 * its count is above 0: the row that brings it to 1 is an insert for the calls, the one that brings it to 0 a delete; below 0 (a retraction
 * has overtaken its insert) nothing is to be seen. Elements of count 0 are removed after the batch. Where nothing is ever retracted the count
 * stays 1 and only the insertion is looked at, so that values seen before stay clean. */
#include "operator/agg_set.h"

struct tw_agg_source {
    int32_t filter; /* column, -1: none */
    int32_t family; /* number of the DISTINCT family, -1: none */
    bool retract;
    int32_t ncalls;
    int32_t *calls;
    /* families only: */
    int32_t nargs;
    const int32_t *args;
    tw_key_codec codec;   /* key columns, then arguments */
    const tw_type *row;   /* the same as a row type */
    int32_t *columns;     /* of the input */
    int32_t *row_columns; /* 0, 1, ...: where `row` has them */
    tw_builder merged;    /* values handed from scope to scope */
    bool merged_open;
};

struct tw_agg_scratch {
    int32_t *row;       /* the source's rows, wide */
    char **state;       /* at the call's offset */
    uint16_t *index[2]; /* what FILTER and what DISTINCT has left */
    char **block[2];
    int8_t *sign; /* by row number */
    const tw_column **columns;
    tw_keys keys;
    tw_element **elements;
    uint64_t inserted[TW_BATCH_ROWS / 64];
    tw_keys merging; /* views of keys of another scope */
    int64_t *counts;
};

typedef struct row_list {
    tw_selection rows;
    char *const *block;
    const int8_t *sign;
} row_list;

/* ---- payloads ---- */

static void payload_write(void *context, const char *payload, tw_buf *out) {
    const tw_agg_set *set = context;
    tw_buf_append(out, payload, (size_t)set->header);
    for (int32_t c = 0; c < set->ncalls; c++) {
        const tw_aggregate *agg = set->aggregates[c];
        const char *state = payload + set->header + set->offsets[c];
        if (agg->flat)
            tw_buf_append(out, state, (size_t)agg->size);
        else
            agg->write(agg, state, out);
    }
}

static tw_status payload_read(void *context, char *payload, tw_reader *in) {
    const tw_agg_set *set = context;
    const void *header = tw_read_raw(in, (size_t)set->header);
    if (!header) return TW_E_CORRUPT;
    memcpy(payload, header, (size_t)set->header);
    for (int32_t c = 0; c < set->ncalls; c++) {
        const tw_aggregate *agg = set->aggregates[c];
        char *state = payload + set->header + set->offsets[c];
        if (!agg->flat) {
            TW_TRY(agg->read(agg, state, in, set->mem));
            continue;
        }
        const void *bytes = tw_read_raw(in, (size_t)agg->size);
        if (!bytes) return TW_E_CORRUPT;
        memcpy(state, bytes, (size_t)agg->size);
    }
    return TW_OK;
}

static void block_destroy(const tw_agg_set *set, char *block) {
    for (int32_t c = 0; c < set->ncalls; c++) {
        const tw_aggregate *agg = set->aggregates[c];
        if (!agg->flat) agg->destroy(agg, block + set->offsets[c], set->mem);
    }
}

static void payload_destroy(void *context, char *payload) {
    const tw_agg_set *set = context;
    block_destroy(set, payload + set->header);
}

void tw_agg_set_clear(tw_agg_set *set, char *block) {
    if (!set->flat) block_destroy(set, block);
    memset(block, 0, (size_t)set->size);
}

/* ---- opening ---- */

static tw_status resolve_call(tw_agg_set *set, int32_t c, const tw_type *input, tw_error *error) {
    const tw_agg_call *call = &set->plan->calls[c];
    const tw_type **types = TW_NEW_ARRAY(&set->arena, const tw_type *, call->nargs + 1);
    if (!types) return TW_E_NOMEM;
    for (int i = 0; i < call->nargs; i++) types[i] = input->fields[call->args[i]].type;
    TW_TRY(tw_aggregate_resolve(&set->arena, call->function, call->type, types, call->nargs, call->retract, &set->aggregates[c], error));
    const tw_aggregate *agg = set->aggregates[c];
    set->offsets[c] = set->size;
    set->size += (agg->size + 7) & ~7;
    set->flat &= agg->flat;
    return TW_OK;
}

static bool same_source(const tw_agg_source *source, const tw_agg_call *call) {
    if (source->filter != call->filter || (source->family >= 0) != call->distinct) return false;
    if (!call->distinct) return true;
    return source->retract == call->retract && source->nargs == call->nargs &&
           (call->nargs == 0 || memcmp(source->args, call->args, sizeof *call->args * (size_t)call->nargs) == 0);
}

/* The columns of a family's elements: the key and the arguments. */
static tw_status open_family(tw_agg_set *set, tw_agg_source *source, const tw_type *input) {
    const tw_plan_agg *plan = set->plan;
    int32_t n = plan->nkeys + source->nargs;
    tw_field *fields = TW_NEW_ARRAY(&set->arena, tw_field, n + 1);
    const tw_type **types = TW_NEW_ARRAY(&set->arena, const tw_type *, n + 1);
    source->columns = TW_NEW_ARRAY(&set->arena, int32_t, n + 1);
    source->row_columns = TW_NEW_ARRAY(&set->arena, int32_t, n + 1);
    if (!fields || !types || !source->columns || !source->row_columns) return TW_E_NOMEM;
    for (int32_t i = 0; i < n; i++) {
        source->columns[i] = i < plan->nkeys ? plan->keys[i] : source->args[i - plan->nkeys];
        source->row_columns[i] = i;
        fields[i] = input->fields[source->columns[i]];
        types[i] = fields[i].type;
    }
    source->row = tw_type_row(&set->arena, fields, n);
    tw_key_codec_init(&source->codec, types, n);
    source->codec.group_columns = plan->nkeys;
    return source->row ? TW_OK : TW_E_NOMEM;
}

static tw_status add_to_source(tw_agg_set *set, int32_t c, const tw_type *input) {
    const tw_agg_call *call = &set->plan->calls[c];
    tw_agg_source *source = set->sources, *end = source + set->nsources;
    while (source < end && !same_source(source, call)) source++;
    if (source == end) {
        *source = (tw_agg_source){.filter = call->filter, .family = -1, .retract = call->retract, .nargs = call->nargs, .args = call->args};
        source->calls = TW_NEW_ARRAY(&set->arena, int32_t, set->ncalls);
        if (!source->calls) return TW_E_NOMEM;
        if (call->distinct) TW_TRY(open_family(set, source, input));
        if (call->distinct) source->family = set->ndistinct++;
        set->nsources++;
    }
    source->calls[source->ncalls++] = c;
    return TW_OK;
}

static tw_status open_distinct_scratch(tw_agg_set *set, struct tw_agg_scratch *s) {
    tw_arena *arena = &set->arena;
    int32_t width = 0;
    for (int32_t i = 0; i < set->nsources; i++)
        if (set->sources[i].family >= 0 && set->sources[i].codec.width > width) width = set->sources[i].codec.width;
    s->sign = TW_NEW_ARRAY(arena, int8_t, TW_BATCH_ROWS);
    s->elements = TW_NEW_ARRAY(arena, tw_element *, TW_BATCH_ROWS);
    s->counts = TW_NEW_ARRAY(arena, int64_t, TW_BATCH_ROWS);
    s->merging.hashes = TW_NEW_ARRAY(arena, uint64_t, TW_BATCH_ROWS);
    s->merging.fixed = TW_NEW_ARRAY(arena, char, TW_BATCH_ROWS *(width + 1));
    s->merging.variable = TW_NEW_ARRAY(arena, tw_str, TW_BATCH_ROWS);
    return s->sign && s->elements && s->counts && s->merging.hashes && s->merging.fixed && s->merging.variable ? TW_OK : TW_E_NOMEM;
}

static tw_status open_scratch(tw_agg_set *set) {
    tw_arena *arena = &set->arena;
    struct tw_agg_scratch *s = set->scratch = TW_NEW(arena, struct tw_agg_scratch);
    if (!s) return TW_E_NOMEM;
    tw_keys_init(&s->keys, set->mem);
    int32_t ncolumns = set->plan->nkeys;
    for (int32_t c = 0; c < set->ncalls; c++) ncolumns += set->plan->calls[c].nargs;
    s->row = TW_NEW_ARRAY(arena, int32_t, TW_BATCH_ROWS);
    s->state = TW_NEW_ARRAY(arena, char *, TW_BATCH_ROWS);
    s->columns = TW_NEW_ARRAY(arena, const tw_column *, ncolumns + 1);
    bool sound = s->row && s->state && s->columns;
    for (int i = 0; i < 2; i++) {
        s->index[i] = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
        s->block[i] = TW_NEW_ARRAY(arena, char *, TW_BATCH_ROWS);
        sound &= s->index[i] && s->block[i];
    }
    if (!sound) return TW_E_NOMEM;
    return set->ndistinct ? open_distinct_scratch(set, s) : TW_OK;
}

static tw_status open_key_codec(tw_agg_set *set, const tw_type *input) {
    const tw_type **types = TW_NEW_ARRAY(&set->arena, const tw_type *, set->plan->nkeys + 1);
    if (!types) return TW_E_NOMEM;
    for (int i = 0; i < set->plan->nkeys; i++) types[i] = input->fields[set->plan->keys[i]].type;
    tw_key_codec_init(&set->key_codec, types, set->plan->nkeys);
    return TW_OK;
}

static tw_status open_calls(tw_agg_set *set, const tw_type *input, tw_error *error) {
    set->aggregates = TW_NEW_ARRAY(&set->arena, const tw_aggregate *, set->ncalls + 1);
    set->offsets = TW_NEW_ARRAY(&set->arena, int32_t, set->ncalls + 1);
    set->sources = TW_NEW_ARRAY(&set->arena, tw_agg_source, set->ncalls + 1);
    if (!set->aggregates || !set->offsets || !set->sources) return TW_E_NOMEM;
    for (int32_t c = 0; c < set->ncalls; c++) {
        TW_TRY(resolve_call(set, c, input, error));
        TW_TRY(add_to_source(set, c, input));
    }
    return TW_OK;
}

tw_status tw_agg_set_open(tw_agg_set *set, tw_mem *mem, const tw_plan_agg *plan, const tw_type *input, int32_t header, tw_error *error) {
    *set = (tw_agg_set){.mem = mem, .plan = plan, .ncalls = plan->ncalls, .header = header, .flat = true};
    set->codec = (tw_payload_codec){set, payload_write, payload_read, payload_destroy};
    tw_arena_init(&set->arena, mem, 4096);
    tw_status status = open_key_codec(set, input);
    if (status == TW_OK) status = open_calls(set, input, error);
    if (status == TW_OK) status = open_scratch(set);
    if (status == TW_OK) return TW_OK;
    tw_agg_set_close(set);
    return status == TW_E_NOMEM ? tw_fail(error, status, "out of memory for an aggregation") : status;
}

void tw_agg_set_group_by(tw_agg_set *set, int32_t n) {
    set->key_codec.group_columns = n;
    for (int32_t i = 0; i < set->nsources; i++) set->sources[i].codec.group_columns = n;
}

void tw_agg_set_close(tw_agg_set *set) {
    if (!set->mem) return;
    for (int32_t i = 0; i < set->nsources; i++)
        if (set->sources[i].merged_open) tw_builder_close(&set->sources[i].merged);
    if (set->scratch) tw_keys_free(&set->scratch->keys);
    tw_arena_free(&set->arena);
    memset(set, 0, sizeof *set);
}

/* ---- scopes ---- */

int64_t tw_agg_family(const tw_agg_set *set, int64_t stored, int32_t *family) {
    int64_t n = 1 + set->ndistinct, rest = stored % n;
    if (rest < 0) rest += n;
    *family = (int32_t)rest - 1;
    return (stored - rest) / n;
}

void tw_agg_chunk_clear(const tw_agg_set *set, tw_buf *out, int64_t namespace_) {
    for (int32_t i = 0; i <= set->ndistinct; i++) tw_chunk_clear(out, tw_agg_stored(set, namespace_) + i);
}

static const tw_agg_source *family_source(const tw_agg_set *set, int32_t family) {
    const tw_agg_source *source = set->sources;
    while (source->family != family) source++;
    return source;
}

tw_status tw_agg_scope_open(tw_agg_set *set, int64_t namespace_, tw_agg_scope *scope) {
    *scope = (tw_agg_scope){0};
    if (set->ndistinct == 0) return TW_OK;
    scope->tables = tw_calloc(set->mem, sizeof *scope->tables * (size_t)set->ndistinct);
    if (!scope->tables) return TW_E_NOMEM;
    for (int32_t f = 0; f < set->ndistinct; f++) {
        tw_status status = tw_table_open(set->mem, &family_source(set, f)->codec, sizeof(int64_t), NULL, tw_agg_stored(set, namespace_) + 1 + f,
                                         &scope->tables[f]);
        scope->ntables = f + 1;
        if (status == TW_OK) continue;
        scope->tables[f] = NULL;
        tw_agg_scope_close(set, scope);
        return status;
    }
    return TW_OK;
}

void tw_agg_scope_close(tw_agg_set *set, tw_agg_scope *scope) {
    if (!scope || !scope->tables) return;
    for (int32_t f = 0; f < scope->ntables; f++) tw_table_close(scope->tables[f]);
    tw_free(set->mem, scope->tables, sizeof *scope->tables * (size_t)set->ndistinct);
    *scope = (tw_agg_scope){0};
}

void tw_agg_scope_barrier(tw_agg_scope *scope, bool full) {
    for (int32_t f = 0; f < scope->ntables; f++) tw_table_barrier(scope->tables[f], full);
}

tw_status tw_agg_scope_write(tw_agg_scope *scope, tw_buf *out) {
    for (int32_t f = 0; f < scope->ntables; f++)
        for (bool done = false; !done;) TW_TRY(tw_table_write(scope->tables[f], out, 1 << 20, &done));
    return TW_OK;
}

tw_status tw_agg_scope_apply(tw_agg_set *set, tw_agg_scope *scope, const tw_chunk_record *record, tw_error *error) {
    int32_t family;
    tw_agg_family(set, record->namespace_, &family);
    TW_ASSERT(family < set->ndistinct);
    if (family < 0 || family >= scope->ntables) return tw_fail(error, TW_E_CORRUPT, "state chunk has a DISTINCT value where none belongs");
    return tw_table_apply(scope->tables[family], record, error);
}

/* ---- updating ---- */

static row_list filter_rows(const tw_agg_set *set, const tw_column *filter, row_list list) {
    uint16_t *index = set->scratch->index[0];
    char **block = set->scratch->block[0];
    const int8_t *values = filter->values;
    int32_t n = 0;
    for (int32_t k = 0; k < list.rows.count; k++) {
        int32_t row = tw_selected(&list.rows, k);
        if (filter->phys != TW_PHYS_BOOL || tw_column_null(filter, row)) continue;
        index[n] = (uint16_t)row;
        block[n] = list.block[k];
        n += values[filter->constant ? 0 : row] != 0;
    }
    return (row_list){{index, n}, block, list.sign};
}

static inline int64_t *value_count(const tw_table *table, tw_element *e) { return (int64_t *)tw_table_payload(table, e); }

/* Removes the elements of count 0; one may be named several times. */
static tw_status drop_unseen(tw_table *table, tw_element **elements, int32_t n) {
    int32_t left = 0;
    for (int32_t k = 0; k < n; k++) {
        int64_t *count = value_count(table, elements[k]);
        if (*count != 0) continue;
        *count = INT64_MIN; /* named once */
        elements[left++] = elements[k];
    }
    for (int32_t k = 0; k < left; k++) TW_TRY(tw_table_remove(table, elements[k]));
    return TW_OK;
}

/* Adds `by` to a value's count. *change: +1 when it is seen from now on, -1 when no longer. */
static inline tw_status count_value(tw_table *table, tw_element *e, int64_t by, int *change) {
    TW_TRY(tw_table_touch(table, e, tw_table_generation(table)));
    int64_t *count = value_count(table, e);
    bool before = *count > 0;
    *count += by;
    *change = (*count > 0) - before;
    return TW_OK;
}

static inline void note_change(const tw_agg_set *set, int32_t n, int32_t row, char *block, int change) {
    set->scratch->index[1][n] = (uint16_t)row;
    set->scratch->block[1][n] = block;
    set->scratch->sign[row] = change > 0 ? TW_INSERT : TW_DELETE;
}

static tw_status distinct_rows(tw_agg_set *set, const tw_agg_source *source, tw_table *table, const tw_batch *batch, row_list *list) {
    struct tw_agg_scratch *s = set->scratch;
    for (int32_t i = 0; i < source->codec.ncolumns; i++) s->columns[i] = &batch->columns[source->columns[i]];
    TW_TRY(tw_keys_encode(&s->keys, &source->codec, s->columns, list->rows));
    TW_TRY(tw_table_upsert(table, &s->keys, s->elements, s->inserted));
    int32_t n = 0;
    for (int32_t k = 0; k < list->rows.count; k++) {
        int change = tw_bit_get(s->inserted, k);
        int32_t row = tw_selected(&list->rows, k);
        if (source->retract)
            TW_TRY(count_value(table, s->elements[k], batch->kinds ? tw_change_sign(batch->kinds[row]) : 1, &change));
        else if (change)
            *value_count(table, s->elements[k]) = 1;
        if (change) note_change(set, n++, row, list->block[k], change);
    }
    if (source->retract) TW_TRY(drop_unseen(table, s->elements, list->rows.count));
    *list = (row_list){{s->index[1], n}, s->block[1], source->retract ? s->sign : NULL};
    return TW_OK;
}

/* The places of a call's states in the blocks. */
static char *const *states_of(const tw_agg_set *set, int32_t c, char *const *block, int32_t count) {
    if (set->offsets[c] == 0) return block;
    char **state = set->scratch->state;
    for (int32_t k = 0; k < count; k++) state[k] = block[k] + set->offsets[c];
    return state;
}

/* `args`: the columns of the arguments when they are not where the call has them. */
static tw_status update_calls(tw_agg_set *set, const tw_agg_source *source, const tw_batch *batch, row_list list, const int32_t *args) {
    struct tw_agg_scratch *s = set->scratch;
    if (list.rows.count == 0) return TW_OK;
    for (int32_t k = 0; list.rows.index && k < list.rows.count; k++) s->row[k] = list.rows.index[k];
    for (int32_t i = 0; i < source->ncalls; i++) {
        int32_t c = source->calls[i];
        const tw_agg_call *call = &set->plan->calls[c];
        for (int a = 0; a < call->nargs; a++) s->columns[a] = &batch->columns[args ? args[a] : call->args[a]];
        tw_agg_input in = {.count = list.rows.count, .row = list.rows.index ? s->row : NULL, .args = s->columns, .sign = list.sign, .mem = set->mem};
        in.state = states_of(set, c, list.block, in.count);
        TW_TRY(set->aggregates[c]->update(set->aggregates[c], &in));
    }
    return TW_OK;
}

tw_status tw_agg_set_update(tw_agg_set *set, tw_agg_scope *scope, const tw_batch *batch, tw_selection rows, char *const *block) {
    TW_ASSERT(rows.count <= TW_BATCH_ROWS);
    for (int32_t i = 0; i < set->nsources; i++) {
        const tw_agg_source *source = &set->sources[i];
        row_list list = {rows, block, batch->kinds};
        if (source->filter >= 0) list = filter_rows(set, &batch->columns[source->filter], list);
        if (source->family >= 0) TW_TRY(distinct_rows(set, source, scope->tables[source->family], batch, &list));
        TW_TRY(update_calls(set, source, batch, list, NULL));
    }
    return TW_OK;
}

/* ---- merging ---- */

tw_status tw_agg_set_merge(tw_agg_set *set, char *into, const char *from) {
    for (int32_t c = 0; c < set->ncalls; c++) {
        const tw_aggregate *agg = set->aggregates[c];
        if (set->plan->calls[c].distinct) continue;
        TW_TRY(agg->merge(agg, into + set->offsets[c], from + set->offsets[c], set->mem));
    }
    return TW_OK;
}

bool tw_agg_set_invertible(const tw_agg_set *set) {
    bool all = set->ndistinct == 0;
    for (int32_t c = 0; c < set->ncalls; c++) all &= set->aggregates[c]->subtract != NULL;
    return all;
}

tw_status tw_agg_set_subtract(tw_agg_set *set, char *into, const char *from) {
    for (int32_t c = 0; c < set->ncalls; c++) {
        const tw_aggregate *agg = set->aggregates[c];
        TW_TRY(agg->subtract(agg, into + set->offsets[c], from + set->offsets[c], set->mem));
    }
    return TW_OK;
}

/* Up to a batch of another table's elements as keys. */
static int32_t gather_values(tw_agg_set *set, const tw_agg_source *source, const tw_table *from, uint32_t *cursor) {
    struct tw_agg_scratch *s = set->scratch;
    int32_t n = 0, width = source->codec.width;
    for (tw_element *e; n < TW_BATCH_ROWS && (e = tw_table_next(from, cursor)) != NULL; n++) {
        tw_str key = tw_table_key(from, e);
        s->merging.hashes[n] = e->hash;
        if (source->codec.fixed)
            memcpy(s->merging.fixed + (size_t)n * (size_t)width, key.data, key.length);
        else
            s->merging.variable[n] = key;
        s->counts[n] = *value_count(from, e);
    }
    s->merging.count = n;
    return n;
}

/* Counts the gathered values in `into`; those whose being seen has changed become rows of `merged`. */
static tw_status merge_counts(tw_agg_set *set, tw_agg_source *source, tw_table *into) {
    struct tw_agg_scratch *s = set->scratch;
    TW_TRY(tw_table_upsert(into, &s->merging, s->elements, s->inserted));
    int32_t n = 0, count = s->merging.count;
    for (int32_t k = 0; k < count; k++) {
        int change = tw_bit_get(s->inserted, k);
        if (source->retract)
            TW_TRY(count_value(into, s->elements[k], s->counts[k], &change));
        else if (change)
            *value_count(into, s->elements[k]) = 1;
        if (!change) continue;
        TW_TRY(tw_key_decode(&source->codec, tw_keys_at(&s->merging, &source->codec, k), &source->merged, source->row_columns, n));
        s->sign[n++] = change > 0 ? TW_INSERT : TW_DELETE;
    }
    TW_TRY(tw_builder_commit(&source->merged, n, s->sign));
    return source->retract ? drop_unseen(into, s->elements, count) : TW_OK;
}

/* Lets the calls know the rows of `merged`. */
static tw_status update_merged(tw_agg_set *set, tw_agg_source *source, tw_agg_blocks_of blocks_of, void *context) {
    struct tw_agg_scratch *s = set->scratch;
    const tw_batch *batch = &source->merged.batch;
    int32_t nkeys = set->plan->nkeys, n = 0;
    for (int32_t i = 0; i < nkeys; i++) s->columns[i] = &batch->columns[i];
    TW_TRY(tw_keys_encode(&s->keys, &set->key_codec, s->columns, (tw_selection){NULL, batch->rows}));
    TW_TRY(blocks_of(context, &s->keys, s->block[0]));
    for (int32_t k = 0; k < batch->rows; k++) {
        if (!s->block[0][k]) continue;
        s->index[1][n] = (uint16_t)k;
        s->block[1][n++] = s->block[0][k];
    }
    return update_calls(set, source, batch, (row_list){{s->index[1], n}, s->block[1], batch->kinds}, source->row_columns + nkeys);
}

static tw_status merge_family(tw_agg_set *set, tw_agg_source *source, tw_table *into, const tw_table *from, tw_agg_blocks_of blocks_of,
                              void *context) {
    if (!source->merged_open) TW_TRY(tw_builder_open(&source->merged, set->mem, source->row, TW_BATCH_ROWS));
    source->merged_open = true;
    for (uint32_t cursor = 0; gather_values(set, source, from, &cursor) > 0;) {
        tw_builder_reset(&source->merged);
        TW_TRY(merge_counts(set, source, into));
        if (source->merged.batch.rows) TW_TRY(update_merged(set, source, blocks_of, context));
    }
    return TW_OK;
}

tw_status tw_agg_scope_merge(tw_agg_set *set, tw_agg_scope *into, const tw_agg_scope *from, tw_agg_blocks_of blocks_of, void *context) {
    for (int32_t i = 0; i < set->nsources; i++) {
        tw_agg_source *source = &set->sources[i];
        if (source->family < 0) continue;
        TW_TRY(merge_family(set, source, into->tables[source->family], from->tables[source->family], blocks_of, context));
    }
    return TW_OK;
}

/* ---- results ---- */

static tw_status call_result(tw_agg_set *set, int32_t c, const char *const *blocks, int32_t count, tw_builder *out, int32_t column, int32_t at) {
    const tw_aggregate *agg = set->aggregates[c];
    bool nulls = out->batch.columns[column].validity != NULL;
    tw_column *to = tw_builder_writable(out, column);
    for (int32_t done = 0; done < count;) {
        int32_t n = count - done < TW_BATCH_ROWS ? count - done : TW_BATCH_ROWS;
        const char *const *states = (const char *const *)states_of(set, c, (char *const *)blocks + done, n);
        TW_TRY(agg->result(agg, states, n, at + done, to, &out->heap));
        done += n;
    }
    if (!nulls && tw_bits_all(to->validity, at + count)) to->validity = NULL; /* readers are faster without */
    return TW_OK;
}

tw_status tw_agg_set_result(tw_agg_set *set, const char *const *blocks, int32_t count, tw_builder *out, int32_t first_column, int32_t at) {
    for (int32_t c = 0; c < set->ncalls; c++) TW_TRY(call_result(set, c, blocks, count, out, first_column + c, at));
    return TW_OK;
}
