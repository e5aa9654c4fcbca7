/* When a windowed aggregation emits: EMIT at the end of its query, or, for the older group windows, Flink's settings of early and late
 * firing. */
#include "format/format.h"
#include "sql/bind_query.h"

tw_status tw_emit_without_window(tw_binder *binder, const tw_ast_emit *emit) {
    tw_status status = tw_fail_at(binder->error, TW_E_INVALID, emit->pos, "EMIT needs a windowed aggregation in its query");
    tw_error_hint(binder->error, "group by window_start and window_end of a window function, or by a group window");
    return status;
}

static tw_status not_for(tw_binder *binder, tw_pos pos, const char *what, const char *why, const char *hint) {
    tw_status status = tw_fail_at(binder->error, TW_E_INVALID, pos, "%s %s", what, why);
    tw_error_hint(binder->error, "%s", hint);
    return status;
}

/* What a global window alone has, and what it has not. */
static tw_status check_global(tw_binder *binder, const tw_ast_emit *emit, bool global) {
    if (emit->rows && !global)
        return not_for(binder, emit->every->pos, "EMIT EVERY n ROWS", "is for a GLOBAL_WINDOW",
                       "windows over time emit every interval, or on update");
    if (emit->purge && !(global && emit->rows))
        return not_for(binder, emit->purge_pos, "PURGE", "is for a GLOBAL_WINDOW with EMIT EVERY n ROWS",
                       "a TUMBLE window gives the results of each interval by themselves");
    if (emit->lateness && global) return tw_fail_at(binder->error, TW_E_INVALID, emit->lateness->pos, "a global window has no late rows");
    return TW_OK;
}

static tw_status bind_clause(tw_binder *binder, const tw_ast_emit *emit, bool proctime, bool global, tw_emit_spec *out) {
    tw_binder inner = *binder;
    inner.scope = NULL;
    inner.clause = "EMIT";
    TW_TRY(check_global(binder, emit, global));
    *out = (tw_emit_spec){.mode = emit->kind == TW_AST_EMIT_EVERY       ? TW_EMIT_EVERY
                                  : emit->kind == TW_AST_EMIT_ON_UPDATE ? TW_EMIT_ON_UPDATE
                                                                        : TW_EMIT_ON_CLOSE};
    out->purge = emit->purge;
    if (emit->rows) return tw_bind_rows(&inner, emit->every, "the number of rows of EMIT EVERY", &out->every_rows);
    if (emit->kind == TW_AST_EMIT_EVERY) {
        TW_TRY(tw_bind_interval_ms(&inner, emit->every, true, &out->every_ms));
        out->processing_time = proctime;
        if (out->every_ms <= 0) return tw_fail_at(binder->error, TW_E_INVALID, emit->every->pos, "the interval of EMIT EVERY must be positive");
    }
    if (!emit->lateness) return TW_OK;
    TW_TRY(tw_bind_interval_ms(&inner, emit->lateness, true, &out->lateness_ms));
    if (out->lateness_ms < 0) return tw_fail_at(binder->error, TW_E_INVALID, emit->lateness->pos, "the lateness of EMIT must not be negative");
    if (proctime) return tw_fail_at(binder->error, TW_E_INVALID, emit->lateness->pos, "a window over processing time has no late rows");
    return TW_OK;
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

static bool setting_flag(const tw_binder *binder, const char *key) {
    bool on = false;
    tw_str text = tw_catalog_setting(binder->catalog, key);
    return text.data && tw_option_boolean(text, &on) && on;
}

static int64_t setting_ms(const tw_binder *binder, const char *key) {
    int64_t ms = 0;
    tw_str text = tw_catalog_setting(binder->catalog, key);
    return text.data && tw_option_duration(text, &ms) ? ms : 0;
}

/* A delay of 0 ms fires at every row. Without an allowed lateness of its own, late firing goes on for as long as state is kept. */
static void bind_settings(const tw_binder *binder, bool proctime, tw_rel_aggregate *out) {
    if (setting_flag(binder, "table.exec.emit.early-fire.enabled")) {
        int64_t delay = setting_ms(binder, "table.exec.emit.early-fire.delay");
        out->emit = (tw_emit_spec){.mode = delay > 0 ? TW_EMIT_EVERY : TW_EMIT_ON_UPDATE, .every_ms = delay, .processing_time = delay > 0};
        out->emit_given = true;
    }
    if (proctime || !setting_flag(binder, "table.exec.emit.late-fire.enabled")) return;
    int64_t lateness = setting_ms(binder, "table.exec.emit.allow-lateness");
    out->emit.lateness_ms = lateness > 0 ? lateness : setting_ms(binder, "table.exec.state.ttl");
    out->emit_given = true;
}

/* Does event time reach the relation from every source? */
static bool has_event_time(const tw_rel *rel) {
    bool all = rel->ninputs > 0;
    for (int32_t i = 0; i < rel->ninputs; i++) all &= has_event_time(rel->inputs[i]);
    return all || rel->kind == TW_REL_WATERMARK;
}

/* EMIT EVERY interval goes by event time where there is one. With EMIT ON UPDATE the window is no different from an ordinary aggregation. */
static tw_status bind_global(tw_binder *binder, const tw_ast_emit *emit, const tw_rel *aggregate, tw_rel_aggregate *out) {
    out->emit_given = emit != NULL;
    if (!emit) return TW_OK;
    TW_TRY(bind_clause(binder, emit, !has_event_time(aggregate), true, &out->emit));
    out->group_window = out->emit.mode != TW_EMIT_ON_UPDATE;
    if (!out->group_window) out->emit = (tw_emit_spec){.mode = TW_EMIT_ON_CLOSE};
    return TW_OK;
}

tw_status tw_bind_emit(tw_binder *binder, const tw_ast_emit *emit, const tw_rel *aggregate, tw_rel_aggregate *out) {
    bool proctime = out->window.proctime;
    if (out->group_window && out->window.kind == TW_WINDOW_GLOBAL) return bind_global(binder, emit, aggregate, out);
    if (!out->group_window) {
        tw_rel_window_columns window = tw_rel_windows_of(aggregate);
        if (!emit) return TW_OK;
        if (window.start < 0) return tw_emit_without_window(binder, emit);
        proctime = window.proctime;
    }
    if (!emit)
        bind_settings(binder, proctime, out);
    else
        TW_TRY(bind_clause(binder, emit, proctime, false, &out->emit));
    out->emit_given |= emit != NULL;
    return TW_OK;
}
