/* Memory that is charged to a budget, and arenas on top of it.
 *
 * A tw_mem is one budget: the process has one, and each shard a child of it that only its own thread uses. Allocation
 * past the limit fails (returns NULL), as does the N-th allocation when a test asks for it. An arena frees all it gave at
 * once; it grows by blocks and never moves what it gave out. Lifetimes are process, job, epoch and batch; every function
 * that allocates is handed the arena of the lifetime it allocates for. */
#ifndef TW_BASE_MEM_H
#define TW_BASE_MEM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tw_mem {
    struct tw_mem *parent; /* charged too, in steps of 1 MiB, atomically; NULL at the root */
    size_t limit;          /* bytes; 0 for no limit of its own */
    size_t used;           /* bytes charged now */
    size_t peak;           /* highest `used` so far */
    size_t reserved;       /* bytes taken from the parent and not yet used */
    uint64_t refused;      /* allocations that failed: tells whoever looks before and after whether something went without memory in between */
    int64_t fail_at;       /* tests: fail the N-th allocation from now (1 = the next) of this budget and all below it; 0 never */
    bool fine;             /* tests: arenas of this budget and all below it allocate what is asked for, not blocks for much of it */
    bool shared;           /* any thread allocates from it; the parent is charged to the byte */
} tw_mem;

void tw_mem_init(tw_mem *mem, tw_mem *parent, size_t limit);
/* From now on any thread may allocate from it. Before its first allocation. */
void tw_mem_share(tw_mem *mem);
/* Gives back to its parent what a child had taken. Nothing may be charged to it any more. */
void tw_mem_close(tw_mem *mem);
/* Each returns NULL when the budget or the system has no more. Memory is not cleared but by tw_calloc. Alignment 16. */
void *tw_malloc(tw_mem *mem, size_t size);
void *tw_calloc(tw_mem *mem, size_t size);
void *tw_realloc(tw_mem *mem, void *old, size_t old_size, size_t new_size);
void tw_free(tw_mem *mem, void *p, size_t size); /* p may be NULL */
/* Room for one more behind `count` items of `size` bytes, in an array of `mem` that has *room places: `items` is the address of the pointer to it. The
 * room doubles, from `first` on. False: out of memory, nothing has changed. */
bool tw_grow_slow(tw_mem *mem, void *items, int32_t *room, int32_t first, size_t size);
static inline bool tw_grow(tw_mem *mem, void *items, int32_t count, int32_t *room, int32_t first, size_t size) {
    return count < *room || tw_grow_slow(mem, items, room, first, size);
}

typedef struct tw_arena_block tw_arena_block;

typedef struct tw_arena {
    tw_mem *mem;
    tw_arena_block *blocks; /* newest first */
    char *next, *end;       /* free room in the newest block */
    size_t block_size;      /* of the next block; doubles up to 1 MiB */
    size_t total;           /* bytes held in blocks */
    jmp_buf *oom;           /* when set, a failed allocation jumps here and never returns NULL (SQL front end) */
} tw_arena;

void tw_arena_init(tw_arena *arena, tw_mem *mem, size_t first_block);
/* 8-byte aligned (16 for sizes that are multiples of 16), not cleared. NULL (or a jump to `oom`) when there is no more. */
void *tw_arena_alloc(tw_arena *arena, size_t size);
void *tw_arena_calloc(tw_arena *arena, size_t size);
void *tw_arena_memdup(tw_arena *arena, const void *bytes, size_t size);
char *tw_arena_strndup(tw_arena *arena, const char *text, size_t length); /* adds a NUL */
char *tw_arena_printf(tw_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Gives everything back but the largest block, which is reused. */
void tw_arena_reset(tw_arena *arena);
void tw_arena_free(tw_arena *arena);

#define TW_NEW(arena, type)          ((type *)tw_arena_calloc((arena), sizeof(type)))
#define TW_NEW_ARRAY(arena, type, n) ((type *)tw_arena_calloc((arena), sizeof(type) * (size_t)(n)))

#endif
