/* The hot path of the json decoder. Included once per instruction set, which defines
 *   scan(p)            first byte from p on that is '"', '\\', below 0x20 or above 0x7f
 *   slot_matches(s, p) the slot's text is at p
 *   OBJECT             the name of the exported function */

static uint64_t load8(const char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Leading ASCII digits of 8 bytes. */
static int digit_count(uint64_t chunk) {
    uint64_t x = chunk ^ UINT64_C(0x3030303030303030);
    uint64_t other = ((x + UINT64_C(0x7676767676767676)) | x) & UINT64_C(0x8080808080808080);
    return other ? __builtin_ctzll(other) >> 3 : 8;
}
/* Value of the first n (1..8) digits. */
static uint64_t digits_value(uint64_t chunk, int n) {
    uint64_t x = (chunk ^ UINT64_C(0x3030303030303030)) << (64 - 8 * n);
    x = x * 10 + (x >> 8);
    return (((x & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
            (((x >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
           32;
}
#else
static int digit_count(uint64_t chunk) {
    const char *p = (const char *)&chunk;
    int n = 0;
    while (n < 8 && (unsigned)(p[n] - '0') < 10) n++;
    return n;
}
static uint64_t digits_value(uint64_t chunk, int n) {
    const char *p = (const char *)&chunk;
    uint64_t v = 0;
    for (int i = 0; i < n; i++) v = v * 10 + (uint64_t)(p[i] - '0');
    return v;
}
#endif

static inline bool number_goes_on(char c) { return c == '.' || c == 'e' || c == 'E'; }

/* A whole number of up to 18 digits. NULL: some other form. */
static inline const char *whole(const char *p, int64_t *out) {
    bool negative = *p == '-';
    p += negative;
    uint64_t chunk = load8(p);
    int n = digit_count(chunk);
    if (TW_UNLIKELY(n == 0 || (*p == '0' && n > 1))) return NULL;
    uint64_t v = digits_value(chunk, n);
    p += n;
    if (TW_UNLIKELY(n == 8)) {
        chunk = load8(p);
        n = digit_count(chunk);
        if (n) {
            static const uint64_t POW[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
            v = v * POW[n] + digits_value(chunk, n);
            p += n;
            for (int more = 0; n == 8 && (unsigned)(*p - '0') < 10; p++) {
                if (++more > 2) return NULL;
                v = v * 10 + (uint64_t)(*p - '0');
            }
        }
    }
    if (TW_UNLIKELY(number_goes_on(*p))) return NULL;
    *out = negative ? -(int64_t)v : (int64_t)v;
    return p;
}

/* A string's view; reads up to 16 bytes from it (padding allows that). */
static inline tw_sview view(const char *s, size_t n) {
    static const uint32_t HEAD[5] = {0, 0xff, 0xffff, 0xffffff, 0xffffffff};
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    tw_sview v;
    uint32_t head;
    uint64_t rest = load8(s + 4);
    memcpy(&head, s, 4);
    head &= HEAD[n < 4 ? n : 4];
    rest &= n <= 4 ? 0 : n >= 12 ? ~UINT64_C(0) : (UINT64_C(1) << (8 * (n - 4))) - 1;
    v.length = (uint32_t)n;
    memcpy(v.prefix, &head, 4);
    if (n > TW_SVIEW_INLINE)
        v.u.data = s;
    else
        memcpy(v.u.rest, &rest, 8);
    return v;
#else
    (void)HEAD;
    return tw_sview_make(s, n);
#endif
}

static const char *skip_string(tw_json *json, const char *p) {
    const char *q = scan(p + 1);
    if (TW_LIKELY(*q == '"')) return q + 1;
    tw_str text;
    return tw_json_string(json, p, &text);
}

static inline const char *skip(tw_json *json, const char *p) {
    if (*p == '"') return skip_string(json, p);
    int64_t number;
    const char *q = whole(p, &number);
    return q ? q : tw_json_skip(json, p, 0);
}

/* "YYYY-MM-DD HH:MM:SS[.mmm]" (or with T): the minute is remembered, seconds are checked in one word. */
static inline const char *timestamp(tw_json *json, tw_json_node *node, const char *p, int32_t row) {
    if (*p != '"' || memcmp(p + 1, json->minute, 16) != 0) return tw_json_coerce(json, node, p, row);
    uint64_t tail = load8(p + 17); /* :SS.mmm" or :SS.mmmZ */
    bool zulu = node->kind == TW_TIMESTAMP_LTZ;
    const char *end;
    int64_t ms;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    /* punctuation becomes 0, digits their values */
    uint64_t x = tail ^ (zulu ? UINT64_C(0x5a3030302e30303a) : UINT64_C(0x223030302e30303a));
    if (TW_LIKELY(((x & UINT64_C(0xfff0f0f0fff0f0ff)) | ((x + UINT64_C(0x0006060600060600)) & UINT64_C(0x00f0f0f000f0f000))) == 0)) {
        int second = (int)(x >> 8 & 15) * 10 + (int)(x >> 16 & 15);
        if (second > 59 || (zulu && p[25] != '"')) return tw_json_coerce(json, node, p, row);
        ms = second * 1000 + (int)(x >> 32 & 15) * 100 + (int)(x >> 40 & 15) * 10 + (int)(x >> 48 & 15);
        end = p + 25 + zulu;
    } else
#endif
    {
        (void)tail, (void)zulu;
        return tw_json_coerce(json, node, p, row);
    }
    ((int64_t *)node->column->out->values)[row] = json->minute_ms + ms;
    tw_dcol_valid(node->column, row);
    return end;
}

static const char *value(tw_json *json, tw_json_node *node, const char *p, int32_t row);

static const char *array(tw_json *json, tw_json_node *node, const char *p, int32_t row) {
    int32_t at = node->column->out->offsets[row];
    p = tw_json_blanks(p + 1);
    if (*p != ']') {
        for (;; at++) {
            if (!tw_dcol_reserve(&json->rows, &node->column->children[0], at + 1)) return tw_json_nomem(json);
            p = value(json, &node->fields[0], p, at);
            if (!p) return NULL;
            p = tw_json_blanks(p);
            if (*p == ']') break;
            if (*p != ',') return tw_json_error(json, "expected ',' or ']' in an array");
            p = tw_json_blanks(p + 1);
        }
        at++;
    }
    node->column->out->offsets[row + 1] = at;
    tw_dcol_valid(node->column, row);
    return p + 1;
}

/* Where `key` is among the entries [from, at), or -1. `table` finds it once there are many entries. */
typedef struct entries {
    int32_t *table;
    uint32_t mask;
} entries;

static bool entries_grow(tw_json *json, entries *e, const tw_sview *keys, int32_t from, int32_t at) {
    uint32_t size = e->table ? (e->mask + 1) * 2 : 64;
    e->table = tw_arena_alloc(&json->rows.heap, size * sizeof(int32_t));
    if (!e->table) return false;
    memset(e->table, 0xff, size * sizeof(int32_t));
    e->mask = size - 1;
    for (int32_t i = from; i < at; i++) {
        uint32_t h = (uint32_t)tw_hash_bytes(tw_sview_data(&keys[i]), keys[i].length, 0) & e->mask;
        while (e->table[h] >= 0) h = (h + 1) & e->mask;
        e->table[h] = i;
    }
    return true;
}

static int32_t entries_find(const entries *e, const tw_sview *keys, int32_t from, int32_t at, const tw_sview *key) {
    if (!e->table) {
        for (int32_t i = from; i < at; i++)
            if (tw_sview_equal(&keys[i], key)) return i;
        return -1;
    }
    uint32_t h = (uint32_t)tw_hash_bytes(tw_sview_data(key), key->length, 0) & e->mask;
    for (; e->table[h] >= 0; h = (h + 1) & e->mask)
        if (tw_sview_equal(&keys[e->table[h]], key)) return e->table[h];
    return -1;
}

static void entries_add(const entries *e, const tw_sview *key, int32_t at) {
    if (!e->table) return;
    uint32_t h = (uint32_t)tw_hash_bytes(tw_sview_data(key), key->length, 0) & e->mask;
    while (e->table[h] >= 0) h = (h + 1) & e->mask;
    e->table[h] = at;
}

/* MAP and MULTISET: keys are texts; of equal keys the last counts. */
static const char *map(tw_json *json, tw_json_node *node, const char *p, int32_t row) {
    tw_dcol *keys = &node->column->children[0];
    int32_t from = node->column->out->offsets[row], at = from;
    entries e = {NULL, 0};
    p = tw_json_blanks(p + 1);
    for (bool more = *p != '}'; more;) {
        tw_str text;
        if (*p != '"') return tw_json_error(json, "expected a key in a map");
        p = tw_json_string(json, p, &text);
        if (!p) return NULL;
        p = tw_json_blanks(p);
        if (*p != ':') return tw_json_error(json, "expected ':' behind a key");
        if (!tw_dcol_reserve(&json->rows, keys, at + 1) || !tw_dcol_reserve(&json->rows, &node->column->children[1], at + 1))
            return tw_json_nomem(json);
        tw_sview key = tw_sview_make(text.data, text.length);
        int32_t entry = entries_find(&e, keys->out->values, from, at, &key);
        if (entry >= 0 && !node->fields[1].overwrites) return tw_json_error(json, "a map has a key twice");
        if (entry < 0) {
            entry = at++;
            tw_dcol_string(keys, entry, text);
            entries_add(&e, &key, entry);
            uint32_t n = (uint32_t)(at - from);
            if (n > 16 && (!e.table || n * 2 > e.mask) && !entries_grow(json, &e, keys->out->values, from, at)) return tw_json_nomem(json);
        }
        p = value(json, &node->fields[1], tw_json_blanks(p + 1), entry);
        if (!p) return NULL;
        p = tw_json_blanks(p);
        more = *p == ',';
        if (!more && *p != '}') return tw_json_error(json, "expected ',' or '}' in a map");
        if (more) p = tw_json_blanks(p + 1);
    }
    node->column->out->offsets[row + 1] = at;
    tw_dcol_valid(node->column, row);
    return p + 1;
}

static const char *object(tw_json *json, tw_json_node *node, const char *p, int32_t row);

static inline const char *value(tw_json *json, tw_json_node *node, const char *p, int32_t row) {
    int64_t number;
    const char *q;
    tw_dcol *column = node->column;
    switch (node->phys) {
    case TW_PHYS_I64:
        if (node->kind == TW_TIMESTAMP || node->kind == TW_TIMESTAMP_LTZ) {
            if (node->column->type->precision == 3) return timestamp(json, node, p, row);
            break;
        }
        if (node->kind == TW_DECIMAL || !(q = whole(p, &number))) break;
        ((int64_t *)column->out->values)[row] = number;
        tw_dcol_valid(column, row);
        return q;
    case TW_PHYS_I32:
        if (node->kind == TW_DATE || node->kind == TW_TIME || !(q = whole(p, &number)) || number != (int32_t)number) break;
        ((int32_t *)column->out->values)[row] = (int32_t)number;
        tw_dcol_valid(column, row);
        return q;
    case TW_PHYS_F64:
        q = whole(p, &number);
        if (!q || number > INT64_C(1) << 53 || number < -(INT64_C(1) << 53) || (number == 0 && *p == '-')) break;
        ((double *)column->out->values)[row] = (double)number;
        tw_dcol_valid(column, row);
        return q;
    case TW_PHYS_STR:
        if (*p != '"' || tw_kind_is_binary(node->kind)) break;
        q = scan(p + 1);
        if (TW_UNLIKELY(*q != '"')) break;
        ((tw_sview *)column->out->values)[row] = view(p + 1, (size_t)(q - p - 1));
        tw_dcol_valid(column, row);
        return q + 1;
    case TW_PHYS_STRUCT:
        if (*p != '{') break;
        q = object(json, node, p, row);
        if (q) tw_dcol_valid(column, row);
        return q;
    case TW_PHYS_LIST:
        if (*p == '[') return array(json, node, p, row);
        break;
    case TW_PHYS_MAP:
        if (*p == '{') return map(json, node, p, row);
        break;
    default: break;
    }
    return tw_json_coerce(json, node, p, row);
}

/* The slot from k on that is at p, or -1: fields may be missing, so a few are tried. */
static inline int32_t predicted(const tw_json_node *node, int32_t k, const char *p) {
    if (TW_LIKELY(k < node->nslots && slot_matches(&node->slots[k], p))) return k;
    int32_t last = k + 12 < node->nslots ? k + 12 : node->nslots;
    for (k++; k < last; k++)
        if (slot_matches(&node->slots[k], p)) return k;
    return -1;
}

static const char *object(tw_json *json, tw_json_node *node, const char *p, int32_t row) {
    uint64_t seen = 0;
    int32_t k = 0;
    if (node->seen) memset(node->seen, 0, (size_t)TW_BITS_WORDS(node->nfields) * 8);
    for (bool first = true;; first = false) {
        int32_t field, hit = predicted(node, k, p);
        if (TW_LIKELY(hit >= 0)) {
            p += node->slots[hit].length;
            field = node->slots[hit].field;
            k = hit + 1;
            if (TW_UNLIKELY(tw_json_blank(*p))) p = tw_json_blanks(p); /* more of them than in the slot */
        } else {
            p = tw_json_key(json, node, p, first, k++, &field);
            if (!p) return NULL;
            if (field == -2) break;
        }
        if (field < 0) {
            p = skip(json, p);
        } else {
            if (TW_UNLIKELY(node->seen != NULL))
                tw_bit_set(node->seen, field);
            else
                seen |= UINT64_C(1) << field;
            p = value(json, &node->fields[field], p, row);
        }
        if (TW_UNLIKELY(!p)) return NULL;
        if (*p == '}') {
            p++;
            break;
        }
    }
    uint64_t all = node->nfields >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << node->nfields) - 1;
    if (TW_UNLIKELY(node->seen != NULL || seen != all)) return tw_json_missing(json, node, p, seen, row);
    return p;
}

const char *OBJECT(tw_json *json, tw_json_node *node, const char *p, int32_t row) { return object(json, node, p, row); }
