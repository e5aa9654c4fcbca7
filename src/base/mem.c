#include "base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define STEP ((size_t)1 << 20) /* what a child takes from its parent at once */

void tw_mem_init(tw_mem *mem, tw_mem *parent, size_t limit) {
    memset(mem, 0, sizeof *mem);
    mem->parent = parent;
    mem->limit = limit;
}

/* Parents are shared by threads, so they are charged with atomic additions. */
static bool charge_parent(tw_mem *parent, size_t size) {
    size_t used = __atomic_add_fetch(&parent->used, size, __ATOMIC_RELAXED);
    if (parent->limit && used > parent->limit) {
        __atomic_sub_fetch(&parent->used, size, __ATOMIC_RELAXED);
        return false;
    }
    size_t peak = __atomic_load_n(&parent->peak, __ATOMIC_RELAXED);
    while (used > peak && !__atomic_compare_exchange_n(&parent->peak, &peak, used, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return true;
}

void tw_mem_share(tw_mem *mem) {
    TW_ASSERT(mem->used == 0 && mem->reserved == 0);
    mem->shared = true;
}

/* Whether a test wants this allocation to fail. Threads count down together, so that one allocation alone fails. */
static bool is_to_fail(tw_mem *mem) {
    for (; mem; mem = mem->parent)
        if (__atomic_load_n(&mem->fail_at, __ATOMIC_RELAXED) > 0 && __atomic_sub_fetch(&mem->fail_at, 1, __ATOMIC_RELAXED) == 0) return true;
    return false;
}

static bool charge_shared(tw_mem *mem, size_t size) {
    if (!TW_UNLIKELY(is_to_fail(mem)) && charge_parent(mem, size)) {
        if (!mem->parent || charge_parent(mem->parent, size)) return true;
        __atomic_sub_fetch(&mem->used, size, __ATOMIC_RELAXED);
    }
    __atomic_add_fetch(&mem->refused, 1, __ATOMIC_RELAXED);
    return false;
}

static bool has_room(tw_mem *mem, size_t size) {
    if (TW_UNLIKELY(is_to_fail(mem))) return false;
    if (mem->limit && mem->used + size > mem->limit) return false;
    if (mem->parent && mem->used + size > mem->reserved) {
        size_t more = (mem->used + size - mem->reserved + STEP - 1) / STEP * STEP;
        if (!charge_parent(mem->parent, more)) return false;
        mem->reserved += more;
    }
    return true;
}

static bool charge(tw_mem *mem, size_t size) {
    if (mem->shared) return charge_shared(mem, size);
    if (!has_room(mem, size)) return mem->refused++, false;
    mem->used += size;
    if (mem->used > mem->peak) mem->peak = mem->used;
    return true;
}

static void discharge_shared(tw_mem *mem, size_t size) {
    size_t before = __atomic_fetch_sub(&mem->used, size, __ATOMIC_RELAXED);
    TW_ASSERT(before >= size);
    if (mem->parent) __atomic_sub_fetch(&mem->parent->used, size, __ATOMIC_RELAXED);
}

static void discharge(tw_mem *mem, size_t size) {
    if (mem->shared) {
        discharge_shared(mem, size);
        return;
    }
    TW_ASSERT(mem->used >= size);
    mem->used -= size;
    if (mem->parent && mem->reserved - mem->used >= 2 * STEP) {
        size_t less = (mem->reserved - mem->used) / STEP * STEP;
        mem->reserved -= less;
        __atomic_sub_fetch(&mem->parent->used, less, __ATOMIC_RELAXED);
    }
}

void tw_mem_close(tw_mem *mem) {
    TW_ASSERT(mem->used == 0);
    if (mem->parent) __atomic_sub_fetch(&mem->parent->used, mem->reserved, __ATOMIC_RELAXED);
    mem->reserved = 0;
}

void *tw_malloc(tw_mem *mem, size_t size) {
    if (!charge(mem, size)) return NULL;
    void *p = malloc(size ? size : 1);
    if (!p) discharge(mem, size);
    return p;
}

void *tw_calloc(tw_mem *mem, size_t size) {
    if (!charge(mem, size)) return NULL;
    void *p = calloc(1, size ? size : 1);
    if (!p) discharge(mem, size);
    return p;
}

void *tw_realloc(tw_mem *mem, void *old, size_t old_size, size_t new_size) {
    if (!old) return tw_malloc(mem, new_size);
    if (new_size > old_size && !charge(mem, new_size - old_size)) return NULL;
    void *p = realloc(old, new_size ? new_size : 1);
    if (!p) {
        if (new_size > old_size) discharge(mem, new_size - old_size);
        return NULL;
    }
    if (new_size < old_size) discharge(mem, old_size - new_size);
    return p;
}

bool tw_grow_slow(tw_mem *mem, void *items, int32_t *room, int32_t first, size_t size) {
    void *old;
    memcpy(&old, items, sizeof old);
    if (*room > INT32_MAX / 2) return false;
    int32_t more = *room ? *room * 2 : first;
    void *p = tw_realloc(mem, old, size * (size_t)*room, size * (size_t)more);
    if (!p) return false;
    memcpy(items, &p, sizeof p);
    *room = more;
    return true;
}

void tw_free(tw_mem *mem, void *p, size_t size) {
    if (!p) return;
    free(p);
    discharge(mem, size);
}

struct tw_arena_block {
    tw_arena_block *next;
    size_t size; /* of the whole block */
};
#define HEAD ((sizeof(tw_arena_block) + 15) & ~(size_t)15)

void tw_arena_init(tw_arena *arena, tw_mem *mem, size_t first_block) {
    memset(arena, 0, sizeof *arena);
    arena->mem = mem;
    arena->block_size = first_block < 256 ? 256 : first_block;
}

static void *out_of_memory(tw_arena *arena) {
    if (arena->oom) longjmp(*arena->oom, 1);
    return NULL;
}

static bool is_fine(const tw_mem *mem) {
    while (mem && !mem->fine) mem = mem->parent;
    return mem;
}

static bool add_block(tw_arena *arena, size_t need) {
    size_t size = TW_UNLIKELY(is_fine(arena->mem)) ? 0 : arena->block_size;
    if (size < need + HEAD + 16)
        size = need + HEAD + 16;
    else if (arena->block_size < STEP)
        arena->block_size *= 2;
    tw_arena_block *block = tw_malloc(arena->mem, size);
    if (!block) return false;
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->next = (char *)block + HEAD;
    arena->end = (char *)block + size;
    arena->total += size;
    return true;
}

void *tw_arena_alloc(tw_arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) return out_of_memory(arena);
    size_t align = size % 16 == 0 ? 16 : 8;
    char *p = (char *)(((uintptr_t)arena->next + align - 1) & ~(uintptr_t)(align - 1));
    if (!arena->next || p > arena->end || (size_t)(arena->end - p) < size) {
        if (!add_block(arena, size)) return out_of_memory(arena);
        p = (char *)(((uintptr_t)arena->next + align - 1) & ~(uintptr_t)(align - 1));
    }
    arena->next = p + size;
    return p;
}

void *tw_arena_calloc(tw_arena *arena, size_t size) {
    void *p = tw_arena_alloc(arena, size);
    if (p) memset(p, 0, size);
    return p;
}

void *tw_arena_memdup(tw_arena *arena, const void *bytes, size_t size) {
    void *p = tw_arena_alloc(arena, size);
    if (p && size) memcpy(p, bytes, size);
    return p;
}

char *tw_arena_strndup(tw_arena *arena, const char *text, size_t length) {
    char *p = tw_arena_alloc(arena, length + 1);
    if (!p) return NULL;
    if (length) memcpy(p, text, length);
    p[length] = 0;
    return p;
}

char *tw_arena_printf(tw_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n < 0 ? NULL : tw_arena_alloc(arena, (size_t)n + 1);
    if (p) vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

void tw_arena_reset(tw_arena *arena) {
    tw_arena_block *keep = NULL;
    for (tw_arena_block *b = arena->blocks; b; b = b->next)
        if (!keep || b->size > keep->size) keep = b;
    for (tw_arena_block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        if (b == keep) continue;
        arena->total -= b->size;
        tw_free(arena->mem, b, b->size);
    }
    arena->blocks = keep;
    if (!keep) return;
    keep->next = NULL;
    arena->next = (char *)keep + HEAD;
    arena->end = (char *)keep + keep->size;
}

void tw_arena_free(tw_arena *arena) {
    for (tw_arena_block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        tw_free(arena->mem, b, b->size);
    }
    arena->blocks = NULL;
    arena->next = arena->end = NULL;
    arena->total = 0;
}
