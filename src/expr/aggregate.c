/* Which code an aggregate call runs: the static entry of its function for the argument types, made ready with the types. */
#include "expr/aggregate.h"

tw_status tw_aggregate_resolve(tw_arena *arena, const tw_function *function, const tw_type *result, const tw_type *const *args, int nargs,
                               bool retract, const tw_aggregate **out, tw_error *error) {
    const tw_aggregate *entry = function->aggregate(result, args, nargs, retract);
    if (!entry) {
        const char *type = nargs ? tw_type_text(arena, args[0]) : "";
        return tw_fail(error, TW_E_UNSUPPORTED, "no aggregate %s(%s)", function->name, type ? type : "");
    }
    TW_ASSERT(!retract || entry->retracts);
    tw_aggregate *agg = tw_arena_memdup(arena, entry, sizeof *entry);
    if (!agg) return tw_fail(error, TW_E_NOMEM, "out of memory");
    agg->nargs = nargs;
    agg->result_type = result;
    agg->arg_type = nargs ? args[0] : NULL;
    agg->arg_phys = nargs ? tw_type_phys(args[0]) : TW_PHYS_NONE;
    *out = agg;
    return TW_OK;
}
