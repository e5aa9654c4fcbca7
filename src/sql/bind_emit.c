/* When a windowed aggregation emits: EMIT at the end of its query, or, for the older group windows, Flink's settings of early and late
 * firing. */
#include "format/format.h"
#include "sql/bind_query.h"

tw_status tw_emit_without_window(tw_binder *binder, const tw_ast_emit *emit) {
    tw_status status = tw_fail_at(binder->error, TW_E_INVALID, emit->pos, "EMIT needs a windowed aggregation in its query");
    tw_error_hint(binder->error, "group by window_start and window_end of a window function, or by a group window");
    return status;
}

static tw_status bind_clause(tw_binder *binder, const tw_ast_emit *emit, bool proctime, tw_emit_spec *out) {
    tw_binder inner = *binder;
    inner.scope = NULL;
    inner.clause = "EMIT";
    *out = (tw_emit_spec){.mode = emit->kind == TW_AST_EMIT_EVERY       ? TW_EMIT_EVERY
                                  : emit->kind == TW_AST_EMIT_ON_UPDATE ? TW_EMIT_ON_UPDATE
                                                                        : TW_EMIT_ON_CLOSE};
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

tw_status tw_bind_emit(tw_binder *binder, const tw_ast_emit *emit, const tw_rel *aggregate, tw_rel_aggregate *out) {
    bool proctime = out->window.proctime;
    if (!out->group_window) {
        tw_rel_window_columns window = tw_rel_windows_of(aggregate);
        if (!emit) return TW_OK;
        if (window.start < 0) return tw_emit_without_window(binder, emit);
        proctime = window.proctime;
    }
    if (!emit)
        bind_settings(binder, proctime, out);
    else
        TW_TRY(bind_clause(binder, emit, proctime, &out->emit));
    out->emit_given |= emit != NULL;
    return TW_OK;
}
