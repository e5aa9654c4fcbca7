/* Keyed state.
 *
 * Index. Extendible hashing over the low 32 bits of the hash, the tag: a directory of 2^depth segments is indexed by the tag's top bits, a segment is
 * an open-addressing array probed linearly from the tag's low bits. The first segment grows by doubling up to SEGMENT_MAX entries; a full
 * segment of that size splits in two by the tag's next bit, from tags alone, without a look at elements. Removing shifts back, so there are no
 * graves in the index. The high bits of the hash are left alone because a shard sees only its own range of them (key groups).
 *
 *     directory[tag >> (32 - depth)] -> segment { depth, mask, count, entries[] } ;  entry = tag, element number + 1
 *
 * Pages. Element n lies in the page of its number: 32, 32, 64, 128 ... elements, then pages of one size. A page has bitmaps of what is dirty in
 * the even and the odd generation, and of what came to be in the generation that the element names.
 *
 * Generations. Two are alive: the current one, and the closed one while its chunk is being written (`writing`). An element of the closed
 * chunk that changes before the writer got to it is written to `early` at once. Deletes go to `graves`, one buffer for each of the two. An
 * element that was born in the current generation leaves no grave: no chunk has it. */
#include "state/table.h"

#include "base/bits.h"

enum {
    SEGMENT_MIN = 16,
    SEGMENT_MAX = 32768, /* entries: 256 KiB */
    FIRST_PAGE = 32,
    PAGE_BYTES = 128 * 1024,
    DEPTH_MAX = 17, /* the tag has 15 bits more for the place in a segment */
    BLOCK = 64,     /* keys whose probes are in flight together */
    INLINE_KEY = 28,
    KEY_SLOT = 32,
};
#define TW_ELEMENT_FREE UINT32_C(0x80000000)
#define NUMBER_MAX      UINT32_C(0x7ffffffe)
#define NONE            UINT32_C(0xffffffff)

typedef struct entry {
    uint32_t tag;
    uint32_t number; /* + 1; 0 = empty */
} entry;

typedef struct segment {
    uint32_t depth;
    uint32_t mask;
    uint32_t count;
    uint32_t limit; /* count at which it must grow */
    entry entries[];
} segment;

typedef struct page {
    char *elements;
    uint64_t *dirty[2]; /* by generation & 1 */
    uint64_t *born;     /* in the element's generation */
    uint32_t count;
    size_t bytes;
} page;

/* A variable key's place in an element. */
typedef struct key_slot {
    uint32_t length;
    char bytes[INLINE_KEY]; /* or, when longer, a pointer at bytes + 4 */
} key_slot;
_Static_assert(sizeof(key_slot) == KEY_SLOT, "key slots are 32 bytes");

typedef enum key_form { FORM_8, FORM_16, FORM_FIXED, FORM_VARIABLE } key_form;

struct tw_table {
    tw_mem *mem;
    const tw_key_codec *codec;
    const tw_payload_codec *payload_codec;
    int64_t namespace_;
    key_form form;
    uint32_t payload_at, payload_size, stride;

    segment **directory;
    uint32_t depth;

    page *pages;
    uintptr_t *origin; /* where element 0 would lie if page p began with it */
    uint32_t npages, pages_room;
    uint32_t page_shift, first_big; /* numbers from 1 << page_shift on are in pages of that size, the first of which is page first_big */
    uint32_t used;                  /* numbers given out so far */
    uint32_t room;                  /* numbers that have a place */
    uint32_t free_head, free_tail;  /* removed places, oldest first; linked through `hash` */
    int64_t count;

    uint32_t generation;
    bool writing, full;
    uint32_t cursor; /* writing: next number to look at */
    size_t graves_at, early_at;
    tw_buf graves[2]; /* by generation & 1 */
    tw_buf early, scratch;
    size_t bytes;
};

/* ---- memory ---- */

static void *take(tw_table *t, size_t size) {
    void *p = tw_calloc(t->mem, size);
    if (p) t->bytes += size;
    return p;
}

static void give(tw_table *t, void *p, size_t size) {
    if (!p) return;
    t->bytes -= size;
    tw_free(t->mem, p, size);
}

/* ---- pages ---- */

static inline uint32_t page_of(const tw_table *t, uint32_t number) {
    if (TW_LIKELY(number >> t->page_shift)) return t->first_big - 1 + (number >> t->page_shift);
    return number < FIRST_PAGE ? 0 : 27 - (uint32_t)__builtin_clz(number);
}

static inline tw_element *element_at(const tw_table *t, uint32_t number) {
    return (tw_element *)(t->origin[page_of(t, number)] + (uintptr_t)number * t->stride);
}

static inline uint32_t page_first(const tw_table *t, uint32_t p) {
    if (p >= t->first_big) return (p - t->first_big + 1) << t->page_shift;
    return p ? UINT32_C(16) << p : 0;
}

static tw_status grow_page_list(tw_table *t) {
    uint32_t room = t->pages_room ? t->pages_room * 2 : 4;
    page *pages = take(t, sizeof *pages * room);
    uintptr_t *origin = take(t, sizeof *origin * room);
    if (!pages || !origin) {
        give(t, pages, sizeof *pages * room);
        give(t, origin, sizeof *origin * room);
        return TW_E_NOMEM;
    }
    if (t->npages) {
        memcpy(pages, t->pages, sizeof *pages * t->npages);
        memcpy(origin, t->origin, sizeof *origin * t->npages);
    }
    give(t, t->pages, sizeof *pages * t->pages_room);
    give(t, t->origin, sizeof *origin * t->pages_room);
    t->pages = pages;
    t->origin = origin;
    t->pages_room = room;
    return TW_OK;
}

static tw_status add_page(tw_table *t) {
    if (t->npages == t->pages_room) TW_TRY(grow_page_list(t));
    uint32_t p = t->npages, first = page_first(t, p), count = page_first(t, p + 1) - first;
    if (first > NUMBER_MAX - count) return TW_E_LIMIT;
    size_t words = TW_BITS_WORDS(count), bytes = (size_t)count * t->stride + 3 * words * 8;
    char *memory = take(t, bytes);
    if (!memory) return TW_E_NOMEM;
    uint64_t *bits = (uint64_t *)(memory + (size_t)count * t->stride);
    t->pages[p] = (page){memory, {bits, bits + words}, bits + 2 * words, count, bytes};
    t->origin[p] = (uintptr_t)memory - (uintptr_t)first * t->stride;
    t->npages++;
    t->room += count;
    return TW_OK;
}

/* The bitmap place of an element. */
static inline page *page_bit(const tw_table *t, uint32_t number, uint32_t *bit) {
    uint32_t p = page_of(t, number);
    *bit = number - page_first(t, p);
    return &t->pages[p];
}

/* ---- keys and payloads of elements ---- */

static inline tw_str slot_key(const key_slot *slot) {
    const char *data = slot->bytes;
    if (slot->length > INLINE_KEY) memcpy(&data, slot->bytes + 4, sizeof data);
    return (tw_str){data, slot->length};
}

tw_str tw_table_key(const tw_table *t, const tw_element *e) {
    if (t->form != FORM_VARIABLE) return (tw_str){(const char *)(e + 1), (size_t)t->codec->width};
    return slot_key((const key_slot *)(e + 1));
}

char *tw_table_payload(const tw_table *t, tw_element *e) { return (char *)e + t->payload_at; }

static tw_status set_key(tw_table *t, tw_element *e, tw_str key) {
    if (t->form != FORM_VARIABLE) {
        if (key.length) memcpy(e + 1, key.data, key.length);
        return TW_OK;
    }
    key_slot *slot = (key_slot *)(e + 1);
    if (key.length > INLINE_KEY) {
        if (key.length > UINT32_MAX) return TW_E_LIMIT;
        char *bytes = take(t, key.length);
        if (!bytes) return TW_E_NOMEM;
        memcpy(bytes, key.data, key.length);
        memcpy(slot->bytes + 4, &bytes, sizeof bytes);
    } else {
        memcpy(slot->bytes, key.data, key.length);
    }
    slot->length = (uint32_t)key.length;
    return TW_OK;
}

static void free_key(tw_table *t, tw_element *e) {
    if (t->form != FORM_VARIABLE) return;
    tw_str key = slot_key((const key_slot *)(e + 1));
    if (key.length > INLINE_KEY) give(t, (char *)key.data, key.length);
}

static inline uint64_t load64(const char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

/* `form` is a constant where this is inlined. */
static inline bool key_equal(key_form form, const tw_table *t, const tw_element *e, tw_str key) {
    const char *mine = (const char *)(e + 1);
    switch (form) {
    case FORM_8: return load64(mine) == load64(key.data);
    case FORM_16: return ((load64(mine) ^ load64(key.data)) | (load64(mine + 8) ^ load64(key.data + 8))) == 0;
    case FORM_FIXED: return t->codec->width == 0 || memcmp(mine, key.data, (size_t)t->codec->width) == 0;
    case FORM_VARIABLE: return tw_str_equal(slot_key((const key_slot *)mine), key);
    }
    return false;
}

/* ---- the index ---- */

static inline segment *segment_of(const tw_table *t, uint32_t tag) { return t->directory[(uint64_t)tag << t->depth >> 32]; }

static segment *new_segment(tw_table *t, uint32_t depth, uint32_t size) {
    segment *s = take(t, sizeof *s + sizeof(entry) * size);
    if (!s) return NULL;
    s->depth = depth;
    s->mask = size - 1;
    s->limit = size / 4 * 3;
    return s;
}

static void free_segment(tw_table *t, segment *s) {
    if (s) give(t, s, sizeof *s + sizeof(entry) * (s->mask + 1));
}

static void segment_add(segment *s, entry e) {
    uint32_t i = e.tag & s->mask;
    while (s->entries[i].number) i = (i + 1) & s->mask;
    s->entries[i] = e;
    s->count++;
}

/* Lets the directory entries of the segment of this tag, which has `depth`, point to `a` and `b` half by half. */
static void redirect(tw_table *t, uint32_t tag, uint32_t depth, segment *a, segment *b) {
    uint32_t span = UINT32_C(1) << (t->depth - depth);
    uint32_t first = (uint32_t)((uint64_t)tag << t->depth >> 32) & ~(span - 1);
    for (uint32_t k = 0; k < span; k++) t->directory[first + k] = k < span / 2 ? a : b;
}

static tw_status double_directory(tw_table *t) {
    size_t size = (size_t)1 << t->depth;
    segment **directory = take(t, sizeof *directory * size * 2);
    if (!directory) return TW_E_NOMEM;
    for (size_t i = 0; i < size * 2; i++) directory[i] = t->directory[i / 2];
    give(t, t->directory, sizeof *directory * size);
    t->directory = directory;
    t->depth++;
    return TW_OK;
}

static tw_status enlarge(tw_table *t, segment *s, uint32_t tag) {
    segment *bigger = new_segment(t, s->depth, 2 * (s->mask + 1));
    if (!bigger) return TW_E_NOMEM;
    for (uint32_t i = 0; i <= s->mask; i++)
        if (s->entries[i].number) segment_add(bigger, s->entries[i]);
    redirect(t, tag, s->depth, bigger, bigger);
    free_segment(t, s);
    return TW_OK;
}

static tw_status split(tw_table *t, segment *s, uint32_t tag) {
    if (s->depth == t->depth) TW_TRY(double_directory(t));
    segment *half[2] = {new_segment(t, s->depth + 1, SEGMENT_MAX), new_segment(t, s->depth + 1, SEGMENT_MAX)};
    if (!half[0] || !half[1]) {
        free_segment(t, half[0]);
        free_segment(t, half[1]);
        return TW_E_NOMEM;
    }
    for (uint32_t i = 0; i <= s->mask; i++)
        if (s->entries[i].number) segment_add(half[s->entries[i].tag >> (31 - s->depth) & 1], s->entries[i]);
    redirect(t, tag, s->depth, half[0], half[1]);
    free_segment(t, s);
    return TW_OK;
}

/* Makes room for one more entry of this tag. */
static tw_status index_room(tw_table *t, uint32_t tag) {
    for (;;) {
        segment *s = segment_of(t, tag);
        if (TW_LIKELY(s->count < s->limit)) return TW_OK;
        TW_TRY(s->mask + 1 < SEGMENT_MAX || s->depth == DEPTH_MAX ? enlarge(t, s, tag) : split(t, s, tag));
    }
}

static void index_remove(tw_table *t, uint32_t tag, uint32_t number) {
    segment *s = segment_of(t, tag);
    uint32_t hole = tag & s->mask;
    while (s->entries[hole].number != number + 1) hole = (hole + 1) & s->mask;
    for (uint32_t i = hole;;) {
        i = (i + 1) & s->mask;
        if (!s->entries[i].number) break;
        uint32_t home = s->entries[i].tag & s->mask;
        if (((i - home) & s->mask) < ((i - hole) & s->mask)) continue; /* its home lies behind the hole */
        s->entries[hole] = s->entries[i];
        hole = i;
    }
    s->entries[hole] = (entry){0, 0};
    s->count--;
}

static inline tw_element *look_up(key_form form, const tw_table *t, uint64_t hash, tw_str key) {
    uint32_t tag = (uint32_t)hash;
    const segment *s = segment_of(t, tag);
    for (uint32_t i = tag & s->mask; s->entries[i].number; i = (i + 1) & s->mask) {
        if (s->entries[i].tag != tag) continue;
        tw_element *e = element_at(t, s->entries[i].number - 1);
        if (e->hash == hash && key_equal(form, t, e, key)) return e;
    }
    return NULL;
}

/* ---- insertion ---- */

/* Fresh places first, then removed ones, then a new page. */
static tw_status take_number(tw_table *t, uint32_t *number) {
    if (t->used == t->room && t->free_head == NONE) TW_TRY(add_page(t));
    if (t->used < t->room) {
        *number = t->used++;
        return TW_OK;
    }
    *number = t->free_head;
    t->free_head = (uint32_t)element_at(t, *number)->hash;
    if (t->free_head == NONE) t->free_tail = NONE;
    return TW_OK;
}

static void release_number(tw_table *t, uint32_t number) {
    tw_element *e = element_at(t, number);
    memset(e, 0, t->stride);
    e->number = number | TW_ELEMENT_FREE;
    e->hash = NONE;
    if (t->free_tail == NONE)
        t->free_head = number;
    else
        element_at(t, t->free_tail)->hash = number;
    t->free_tail = number;
}

/* A new element that is clean; its payload is zeros. */
static tw_status insert(tw_table *t, uint64_t hash, tw_str key, tw_element **out) {
    uint32_t number;
    TW_TRY(index_room(t, (uint32_t)hash));
    TW_TRY(take_number(t, &number));
    tw_element *e = element_at(t, number);
    e->number = number | TW_ELEMENT_FREE;
    tw_status status = set_key(t, e, key);
    if (status != TW_OK) {
        release_number(t, number);
        return status;
    }
    e->hash = hash;
    e->number = number;
    e->generation = 0;
    segment_add(segment_of(t, (uint32_t)hash), (entry){(uint32_t)hash, number + 1});
    t->count++;
    *out = e;
    return TW_OK;
}

static void mark_born(tw_table *t, tw_element *e) {
    uint32_t bit;
    page *p = page_bit(t, e->number, &bit);
    tw_bit_set(p->dirty[t->generation & 1], bit);
    tw_bit_set(p->born, bit);
    e->generation = t->generation;
}

/* ---- batches of keys ---- */

static inline tw_str key_at(key_form form, const tw_table *t, const tw_keys *keys, int32_t k) {
    switch (form) {
    case FORM_8: return (tw_str){keys->fixed + (size_t)k * 8, 8};
    case FORM_16: return (tw_str){keys->fixed + (size_t)k * 16, 16};
    case FORM_FIXED: return (tw_str){keys->fixed + (size_t)k * (size_t)t->codec->width, (size_t)t->codec->width};
    case FORM_VARIABLE: break;
    }
    return keys->variable[k];
}

/* The first elements whose tags agree, all of the block's cache misses being under way at once. */
static inline void candidates(const tw_table *t, const uint64_t *hashes, int32_t n, tw_element **out) {
    for (int32_t k = 0; k < n; k++) {
        const segment *s = segment_of(t, (uint32_t)hashes[k]);
        __builtin_prefetch(&s->entries[(uint32_t)hashes[k] & s->mask]);
    }
    for (int32_t k = 0; k < n; k++) {
        uint32_t tag = (uint32_t)hashes[k];
        const segment *s = segment_of(t, tag);
        uint32_t i = tag & s->mask;
        while (s->entries[i].number && s->entries[i].tag != tag) i = (i + 1) & s->mask;
        out[k] = s->entries[i].number ? element_at(t, s->entries[i].number - 1) : NULL;
        __builtin_prefetch(out[k], 1);
    }
}

static inline tw_element *find_one(key_form form, const tw_table *t, uint64_t hash, tw_str key, tw_element *candidate) {
    if (TW_LIKELY(candidate && candidate->hash == hash && key_equal(form, t, candidate, key))) return candidate;
    return look_up(form, t, hash, key);
}

static inline tw_status upsert(key_form form, tw_table *t, const tw_keys *keys, tw_element **out, uint64_t *inserted) {
    for (int32_t at = 0; at < keys->count; at += BLOCK) {
        int32_t end = keys->count - at < BLOCK ? keys->count : at + BLOCK;
        candidates(t, keys->hashes + at, end - at, out + at);
        for (int32_t k = at; k < end; k++) {
            tw_str key = key_at(form, t, keys, k);
            tw_element *e = find_one(form, t, keys->hashes[k], key, out[k]);
            if (TW_UNLIKELY(!e)) {
                TW_TRY(insert(t, keys->hashes[k], key, &e));
                mark_born(t, e);
                if (inserted) tw_bit_set(inserted, k);
            }
            out[k] = e;
        }
    }
    return TW_OK;
}

tw_status tw_table_upsert(tw_table *t, const tw_keys *keys, tw_element **out, uint64_t *inserted) {
    if (inserted) memset(inserted, 0, TW_BITS_WORDS((size_t)keys->count) * 8);
    switch (t->form) {
    case FORM_8: return upsert(FORM_8, t, keys, out, inserted);
    case FORM_16: return upsert(FORM_16, t, keys, out, inserted);
    case FORM_FIXED: return upsert(FORM_FIXED, t, keys, out, inserted);
    case FORM_VARIABLE: return upsert(FORM_VARIABLE, t, keys, out, inserted);
    }
    return TW_OK;
}

static inline void find(key_form form, const tw_table *t, const tw_keys *keys, tw_element **out) {
    for (int32_t at = 0; at < keys->count; at += BLOCK) {
        int32_t end = keys->count - at < BLOCK ? keys->count : at + BLOCK;
        candidates(t, keys->hashes + at, end - at, out + at);
        for (int32_t k = at; k < end; k++) out[k] = find_one(form, t, keys->hashes[k], key_at(form, t, keys, k), out[k]);
    }
}

void tw_table_find(tw_table *t, const tw_keys *keys, tw_element **out) {
    switch (t->form) {
    case FORM_8: find(FORM_8, t, keys, out); break;
    case FORM_16: find(FORM_16, t, keys, out); break;
    case FORM_FIXED: find(FORM_FIXED, t, keys, out); break;
    case FORM_VARIABLE: find(FORM_VARIABLE, t, keys, out); break;
    }
}

/* ---- records ---- */

enum { RECORD_PUT = 1, RECORD_DELETE = 2, RECORD_CLEAR = 3 };

static void write_signed(tw_buf *out, int64_t v) { tw_buf_varint(out, (uint64_t)v << 1 ^ (uint64_t)(v >> 63)); }

static int64_t read_signed(tw_reader *in) {
    uint64_t v = tw_read_varint(in);
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static void write_head(const tw_table *t, tw_element *e, char op, tw_buf *out) {
    tw_buf_byte(out, op);
    tw_buf_varint(out, tw_key_group(e->hash));
    write_signed(out, t->namespace_);
    tw_buf_bytes(out, tw_table_key(t, e));
}

/* All or nothing: on failure `out` is as it was. */
static tw_status write_record(tw_table *t, tw_element *e, char op, tw_buf *out) {
    size_t before = out->length;
    tw_buf_clear(&t->scratch);
    write_head(t, e, op, out);
    if (op == RECORD_PUT) {
        tw_str payload = {tw_table_payload(t, e), t->payload_size};
        if (t->payload_codec && t->payload_codec->write) {
            t->payload_codec->write(t->payload_codec->context, payload.data, &t->scratch);
            payload = (tw_str){t->scratch.data, t->scratch.length};
        }
        tw_buf_bytes(out, payload);
    }
    if (!out->failed && !t->scratch.failed) return TW_OK;
    out->length = before;
    out->failed = false;
    return TW_E_NOMEM;
}

void tw_chunk_clear(tw_buf *out, int64_t namespace_) {
    tw_buf_byte(out, RECORD_CLEAR);
    write_signed(out, namespace_);
}

void tw_chunk_put(tw_buf *out, uint32_t group, int64_t namespace_, tw_str key, tw_str payload) {
    tw_buf_byte(out, RECORD_PUT);
    tw_buf_varint(out, group);
    write_signed(out, namespace_);
    tw_buf_bytes(out, key);
    tw_buf_bytes(out, payload);
}

bool tw_chunk_next(tw_reader *in, tw_chunk_record *out) {
    if (in->failed || in->next == in->end) return false;
    *out = (tw_chunk_record){.op = *(const uint8_t *)tw_read_raw(in, 1)};
    if (out->op < RECORD_PUT || out->op > RECORD_CLEAR) return in->failed = true, false;
    uint64_t group = out->op == RECORD_CLEAR ? 0 : tw_read_varint(in);
    if (group >= TW_KEY_GROUPS) return in->failed = true, false;
    out->group = (uint32_t)group;
    out->namespace_ = read_signed(in);
    if (out->op != RECORD_CLEAR) out->key = tw_read_bytes(in);
    if (out->op == RECORD_PUT) out->payload = tw_read_bytes(in);
    return !in->failed;
}

/* ---- generations ---- */

/* Is this element, which has not changed in the current generation, still to be written to the closed one's chunk? */
static bool unwritten(const tw_table *t, const tw_element *e, const page *p, uint32_t bit) {
    if (!t->writing || e->generation == t->generation) return false;
    return t->full ? e->number >= t->cursor : tw_bit_get(p->dirty[(t->generation - 1) & 1], bit);
}

/* Writes the element as it is at the barrier, before it changes. */
static tw_status write_early(tw_table *t, tw_element *e, page *p, uint32_t bit) {
    if (!unwritten(t, e, p, bit)) return TW_OK;
    TW_TRY(write_record(t, e, RECORD_PUT, &t->early));
    tw_bit_clear(p->dirty[(t->generation - 1) & 1], bit);
    return TW_OK;
}

tw_status tw_table_touch_slow(tw_table *t, tw_element *e) {
    if (e->generation == t->generation) return TW_OK;
    uint32_t bit;
    page *p = page_bit(t, e->number, &bit);
    TW_TRY(write_early(t, e, p, bit));
    tw_bit_set(p->dirty[t->generation & 1], bit);
    tw_bit_clear(p->born, bit);
    e->generation = t->generation;
    return TW_OK;
}

uint32_t tw_table_generation(const tw_table *t) { return t->generation; }

static void destroy_payload(const tw_table *t, tw_element *e) {
    if (t->payload_codec && t->payload_codec->destroy) t->payload_codec->destroy(t->payload_codec->context, tw_table_payload(t, e));
}

/* Takes it out without a trace. */
static void drop(tw_table *t, tw_element *e, page *p, uint32_t bit) {
    for (int i = 0; i < 2; i++) tw_bit_clear(p->dirty[i], bit);
    tw_bit_clear(p->born, bit);
    index_remove(t, (uint32_t)e->hash, e->number);
    destroy_payload(t, e);
    free_key(t, e);
    release_number(t, e->number);
    t->count--;
}

tw_status tw_table_remove(tw_table *t, tw_element *e) {
    uint32_t bit;
    page *p = page_bit(t, e->number, &bit);
    TW_TRY(write_early(t, e, p, bit));
    bool born = e->generation == t->generation && tw_bit_get(p->born, bit);
    if (!born) TW_TRY(write_record(t, e, RECORD_DELETE, &t->graves[t->generation & 1]));
    drop(t, e, p, bit);
    return TW_OK;
}

void tw_table_barrier(tw_table *t, bool full) {
    TW_ASSERT(!t->writing);
    if (full) tw_buf_clear(&t->graves[t->generation & 1]);
    t->writing = true;
    t->full = full;
    t->cursor = 0;
    t->graves_at = t->early_at = 0;
    t->generation++;
}

/* Moves whole records from a buffer's `*at` on. False: the budget is used up. */
static bool move_records(tw_buf *from, size_t *at, tw_buf *out, size_t limit) {
    if (*at == from->length) return true;
    tw_reader in = {from->data + *at, from->data + from->length, false};
    tw_chunk_record record;
    while (*at < from->length) {
        if (out->length >= limit) return false;
        const char *begin = in.next;
        TW_ASSERT(tw_chunk_next(&in, &record));
        size_t before = out->length, length = (size_t)(in.next - begin);
        tw_buf_append(out, begin, length);
        if (out->length == before) return false;
        *at += length;
    }
    return true;
}

/* The next element to be written at or behind the cursor, or NULL. Moves the cursor to it. */
static tw_element *next_unwritten(tw_table *t) {
    uint32_t closed = (t->generation - 1) & 1;
    while (t->cursor < t->used) {
        uint32_t bit;
        page *p = page_bit(t, t->cursor, &bit);
        if (!t->full) { /* on to the next bit of the page */
            uint64_t word = p->dirty[closed][bit >> 6] >> (bit & 63);
            uint32_t step = word ? (uint32_t)__builtin_ctzll(word) : 64 - (bit & 63);
            uint32_t left = p->count - bit;
            t->cursor += step < left ? step : left;
            if (!word || step >= left) continue;
            return element_at(t, t->cursor);
        }
        tw_element *e = element_at(t, t->cursor);
        if (!(e->number & TW_ELEMENT_FREE) && e->generation != t->generation) return e;
        tw_bit_clear(p->dirty[closed], bit);
        t->cursor++;
    }
    return NULL;
}

static tw_status write_elements(tw_table *t, tw_buf *out, size_t limit) {
    tw_element *e;
    while (out->length < limit && (e = next_unwritten(t)) != NULL) {
        TW_TRY(write_record(t, e, RECORD_PUT, out));
        uint32_t bit;
        page *p = page_bit(t, e->number, &bit);
        tw_bit_clear(p->dirty[(t->generation - 1) & 1], bit);
        e->generation = 0;
        t->cursor++;
    }
    return TW_OK;
}

tw_status tw_table_write(tw_table *t, tw_buf *out, size_t budget, bool *done) {
    tw_buf *graves = &t->graves[(t->generation - 1) & 1];
    size_t limit = out->length + (budget ? budget : 1);
    *done = !t->writing;
    if (*done) return TW_OK;
    /* deletes stand before puts: a key may have been deleted and come again in one generation */
    if (move_records(graves, &t->graves_at, out, limit) && move_records(&t->early, &t->early_at, out, limit)) TW_TRY(write_elements(t, out, limit));
    if (out->failed) {
        out->failed = false;
        return TW_E_NOMEM;
    }
    if (t->graves_at < graves->length || t->early_at < t->early.length || next_unwritten(t)) return TW_OK;
    tw_buf_free(graves);
    tw_buf_free(&t->early);
    t->writing = false;
    *done = true;
    return TW_OK;
}

/* ---- restoring ---- */

static tw_element *look_up_any(const tw_table *t, uint64_t hash, tw_str key) {
    switch (t->form) {
    case FORM_8: return look_up(FORM_8, t, hash, key);
    case FORM_16: return look_up(FORM_16, t, hash, key);
    case FORM_FIXED: return look_up(FORM_FIXED, t, hash, key);
    case FORM_VARIABLE: break;
    }
    return look_up(FORM_VARIABLE, t, hash, key);
}

static tw_status read_payload(tw_table *t, tw_element *e, tw_str bytes) {
    char *payload = tw_table_payload(t, e);
    if (!t->payload_codec || !t->payload_codec->read) {
        if (bytes.length != t->payload_size) return TW_E_CORRUPT;
        memcpy(payload, bytes.data, bytes.length);
        return TW_OK;
    }
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    TW_TRY(t->payload_codec->read(t->payload_codec->context, payload, &in));
    return in.failed || in.next != in.end ? TW_E_CORRUPT : TW_OK;
}

static tw_status put(tw_table *t, const tw_chunk_record *record, uint64_t hash, tw_element *e) {
    if (!e) {
        TW_TRY(insert(t, hash, record->key, &e));
    } else {
        destroy_payload(t, e);
        memset(tw_table_payload(t, e), 0, t->payload_size);
    }
    e->generation = 0;
    return read_payload(t, e, record->payload);
}

tw_status tw_table_apply(tw_table *t, const tw_chunk_record *record, tw_error *error) {
    uint64_t hash;
    if (tw_key_hash(t->codec, record->key, &hash) != TW_OK || tw_key_group(hash) != record->group || record->op > RECORD_DELETE)
        return tw_fail(error, TW_E_CORRUPT, "state chunk has a record that does not fit its operator");
    tw_element *e = look_up_any(t, hash, record->key);
    if (record->op == RECORD_DELETE) {
        uint32_t bit;
        page *p = e ? page_bit(t, e->number, &bit) : NULL;
        if (e) drop(t, e, p, bit);
        return TW_OK;
    }
    tw_status status = put(t, record, hash, e);
    if (status == TW_OK) return TW_OK;
    return tw_fail(error, status, status == TW_E_NOMEM ? "out of memory while restoring state" : "state chunk has a payload that cannot be read");
}

/* ---- the table ---- */

static key_form form_of(const tw_key_codec *codec) {
    if (!codec->fixed) return FORM_VARIABLE;
    return codec->width == 8 ? FORM_8 : codec->width == 16 ? FORM_16 : FORM_FIXED;
}

/* Pages of up to PAGE_BYTES, of 64 to 4096 elements. */
static uint32_t choose_shift(uint32_t stride) {
    uint32_t shift = 6;
    while (shift < 12 && (stride << (shift + 1)) <= PAGE_BYTES) shift++;
    return shift;
}

tw_status tw_table_open(tw_mem *mem, const tw_key_codec *codec, int32_t payload_size, const tw_payload_codec *payload_codec, int64_t namespace_,
                        tw_table **out) {
    tw_table *t = tw_calloc(mem, sizeof *t);
    if (!t) return TW_E_NOMEM;
    *t = (tw_table){.mem = mem, .codec = codec, .payload_codec = payload_codec, .namespace_ = namespace_, .form = form_of(codec)};
    t->payload_at = (uint32_t)sizeof(tw_element) + (codec->fixed ? (uint32_t)codec->width : KEY_SLOT);
    t->payload_size = ((uint32_t)payload_size + 7) & ~UINT32_C(7);
    t->stride = t->payload_at + t->payload_size;
    t->page_shift = choose_shift(t->stride);
    t->first_big = t->page_shift - 4; /* pages 0 .. first_big - 1 hold 32 + 32 + 64 + ... = 1 << page_shift */
    t->free_head = t->free_tail = NONE;
    t->generation = 1;
    t->bytes = sizeof *t;
    for (int i = 0; i < 2; i++) tw_buf_init(&t->graves[i], mem, 0);
    tw_buf_init(&t->early, mem, 0);
    tw_buf_init(&t->scratch, mem, 0);
    t->directory = take(t, sizeof *t->directory);
    if (t->directory) t->directory[0] = new_segment(t, 0, SEGMENT_MIN);
    if (t->directory && t->directory[0]) {
        *out = t;
        return TW_OK;
    }
    tw_table_close(t);
    return TW_E_NOMEM;
}

static void close_elements(tw_table *t) {
    bool walk = t->form == FORM_VARIABLE || (t->payload_codec && t->payload_codec->destroy);
    uint32_t cursor = 0;
    tw_element *e;
    while (walk && (e = tw_table_next(t, &cursor)) != NULL) {
        destroy_payload(t, e);
        free_key(t, e);
    }
    for (uint32_t p = 0; p < t->npages; p++) give(t, t->pages[p].elements, t->pages[p].bytes);
    give(t, t->pages, sizeof *t->pages * t->pages_room);
    give(t, t->origin, sizeof *t->origin * t->pages_room);
}

void tw_table_close(tw_table *t) {
    if (!t) return;
    close_elements(t);
    size_t size = t->directory ? (size_t)1 << t->depth : 0;
    for (size_t i = 0; i < size;) {
        segment *s = t->directory[i];
        i += s ? size >> s->depth : 1;
        free_segment(t, s);
    }
    give(t, t->directory, sizeof *t->directory * size);
    for (int i = 0; i < 2; i++) tw_buf_free(&t->graves[i]);
    tw_buf_free(&t->early);
    tw_buf_free(&t->scratch);
    tw_free(t->mem, t, sizeof *t);
}

int64_t tw_table_count(const tw_table *t) { return t->count; }
int64_t tw_table_namespace(const tw_table *t) { return t->namespace_; }
size_t tw_table_bytes(const tw_table *t) {
    return t->bytes + t->graves[0].capacity + t->graves[1].capacity + t->early.capacity + t->scratch.capacity;
}

tw_element *tw_table_next(const tw_table *t, uint32_t *cursor) {
    while (*cursor < t->used) {
        tw_element *e = element_at(t, (*cursor)++);
        if (!(e->number & TW_ELEMENT_FREE)) return e;
    }
    return NULL;
}
