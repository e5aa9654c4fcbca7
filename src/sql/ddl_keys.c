/* PRIMARY KEY, PARTITIONED BY and WATERMARK FOR of a draft. */
#include "sql/ddl.h"

static tw_status primary_key(tw_draft *draft, tw_catalog_table *out) {
    const tw_ast_names *names = &draft->primary_key.columns;
    tw_binder *binder = draft->binder;
    out->primary_key = TW_NEW_ARRAY(binder->arena, int32_t, names->count + 1);
    out->primary_key_name = draft->primary_key.name.text;
    for (int i = 0; i < names->count; i++) {
        const tw_ast_name *name = &names->at[i];
        int32_t c = tw_draft_find(draft, name->text);
        if (c < 0) {
            tw_fail_at(binder->error, TW_E_UNDEFINED_COLUMN, name->pos, "could not create a PRIMARY KEY: column '%.*s' does not exist",
                       TW_STR_ARG(name->text));
            tw_draft_hint(draft, name->text);
            return TW_E_UNDEFINED_COLUMN;
        }
        if (draft->columns[c].kind != TW_AST_PHYSICAL)
            return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "could not create a PRIMARY KEY: column '%.*s' is not a physical column",
                              TW_STR_ARG(name->text));
        for (int32_t k = 0; k < out->nprimary_key; k++)
            if (out->primary_key[k] == c)
                return tw_fail_at(binder->error, TW_E_DUPLICATE, name->pos, "column '%.*s' is in the PRIMARY KEY twice", TW_STR_ARG(name->text));
        out->primary_key[out->nprimary_key++] = c;
        draft->columns[c].type = tw_type_nullable(binder->arena, draft->columns[c].type, false);
    }
    return TW_OK;
}

static tw_status partitioned_by(tw_draft *draft, tw_catalog_table *out) {
    const tw_ast_names *names = &draft->partitioned_by;
    tw_error *error = draft->binder->error;
    out->partitioned_by = TW_NEW_ARRAY(draft->binder->arena, tw_str, names->count + 1);
    for (int i = 0; i < names->count; i++) {
        const tw_ast_name *name = &names->at[i];
        int32_t c = tw_draft_find(draft, name->text);
        if (c < 0 || draft->columns[c].kind != TW_AST_PHYSICAL) {
            tw_status status = c < 0 ? TW_E_UNDEFINED_COLUMN : TW_E_INVALID;
            tw_fail_at(error, status, name->pos, "partition column '%.*s' %s", TW_STR_ARG(name->text),
                       c < 0 ? "does not exist" : "is not a physical column");
            if (c < 0) tw_draft_hint(draft, name->text);
            return status;
        }
        for (int32_t k = 0; k < out->npartitioned_by; k++)
            if (tw_str_equal(out->partitioned_by[k], name->text))
                return tw_fail_at(error, TW_E_DUPLICATE, name->pos, "column '%.*s' is in PARTITIONED BY twice", TW_STR_ARG(name->text));
        out->partitioned_by[out->npartitioned_by++] = name->text;
    }
    return TW_OK;
}

tw_status tw_draft_keys(tw_draft *draft, tw_catalog_table *out) {
    TW_TRY(primary_key(draft, out));
    return partitioned_by(draft, out);
}

/* ---- watermark ------------------------------------------------------------------------------------------------- */

static bool can_be_rowtime(const tw_type *type) { return tw_kind_is_timestamp(type->kind) && type->precision <= 3; }

static tw_status find_rowtime(tw_draft *draft, tw_catalog_table *out, int32_t *column) {
    const tw_ast_names *path = &draft->watermark.column;
    const tw_ast_name *name = &path->at[0];
    tw_binder *binder = draft->binder;
    tw_pos pos = draft->watermark.inherited ? draft->pos : name->pos;
    if (path->count > 1) return tw_fail_at(binder->error, TW_E_UNSUPPORTED, path->at[1].pos, "a watermark on a field of a column is not supported");
    *column = tw_draft_find(draft, name->text);
    if (*column < 0) {
        tw_fail_at(binder->error, TW_E_UNDEFINED_COLUMN, pos, "the rowtime column '%.*s' is not defined in the table", TW_STR_ARG(name->text));
        tw_draft_hint(draft, name->text);
        return TW_E_UNDEFINED_COLUMN;
    }
    const tw_type *type = out->columns[*column].type;
    if (type->time == TW_PROCTIME) return tw_fail_at(binder->error, TW_E_TYPE, pos, "a watermark can not be defined for a processing-time attribute");
    if (can_be_rowtime(type)) return TW_OK;
    tw_fail_at(binder->error, TW_E_TYPE, pos, "invalid type of column '%.*s' for a watermark: %s", TW_STR_ARG(name->text),
               tw_type_text(binder->arena, type));
    tw_error_detail(binder->error, "it must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3");
    if (tw_kind_is_text(type->kind)) tw_error_hint(binder->error, "declare a computed column: ts AS TO_TIMESTAMP(%.*s)", TW_STR_ARG(name->text));
    if (type->kind == TW_BIGINT) tw_error_hint(binder->error, "declare a computed column: ts AS TO_TIMESTAMP_LTZ(%.*s, 3)", TW_STR_ARG(name->text));
    return TW_E_TYPE;
}

static tw_status check_watermark(tw_draft *draft, const tw_type *column, const tw_type *type) {
    tw_binder *binder = draft->binder;
    tw_pos pos = draft->watermark.inherited ? draft->pos : draft->watermark.ast->pos;
    if (can_be_rowtime(type) && type->kind == column->kind) return TW_OK;
    tw_fail_at(binder->error, TW_E_TYPE, pos, "invalid type of a watermark expression: %s", tw_type_text(binder->arena, type));
    if (can_be_rowtime(type))
        tw_error_detail(binder->error, "the column's type is %s", tw_type_text(binder->arena, column));
    else
        tw_error_detail(binder->error, "it must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3");
    return TW_E_TYPE;
}

tw_status tw_draft_watermark_bind(tw_draft *draft, tw_catalog_table *out) {
    tw_binder *binder = draft->binder, inner = *binder;
    const tw_draft_watermark *w = &draft->watermark;
    int32_t column = -1;
    if (!w->given) return TW_OK;
    TW_TRY(find_rowtime(draft, out, &column));
    tw_scope_table table = {.alias = draft->path[2], .row = out->row};
    tw_scope scope = {.tables = &table, .ntables = 1};
    inner.scope = &scope;
    inner.clause = "a watermark";
    inner.unfolded = true;
    inner.special = NULL;
    TW_TRY(tw_ddl_at(binder, tw_bind_expr(&inner, w->ast, &out->watermark), draft->pos, w->inherited));
    TW_TRY(check_watermark(draft, out->columns[column].type, out->watermark->type));
    out->watermark_column = column;
    out->watermark_ast = w->ast;
    out->watermark_text = w->text;
    out->columns[column].type = tw_type_with_time(binder->arena, out->columns[column].type, TW_ROWTIME);
    return TW_OK;
}
