/* ARRAY<STRING> results whose sizes are not known before: texts are gathered row by row and written out at the end. */
#ifndef TW_EXPR_TEXT_LIST_H
#define TW_EXPR_TEXT_LIST_H

#include "expr/kernel.h"

typedef struct tw_text_list {
    tw_eval *eval;
    tw_buf views, valid, ends; /* tw_sview and a byte per text; a u32 per row */
} tw_text_list;

static inline void tw_text_list_begin(tw_text_list *list, tw_eval *eval) {
    list->eval = eval;
    tw_buf_init(&list->views, eval->mem, (size_t)1 << 30);
    tw_buf_init(&list->valid, eval->mem, 0);
    tw_buf_init(&list->ends, eval->mem, 0);
}

/* `text` must live as long as the batch's arena. */
static inline void tw_text_list_push(tw_text_list *list, tw_str text, bool valid) {
    tw_sview view = tw_sview_make(text.data, text.length);
    tw_buf_append(&list->views, &view, sizeof view);
    tw_buf_byte(&list->valid, valid);
}

/* Ends a row; to be called for every row of the selection, in order. */
static inline void tw_text_list_row(tw_text_list *list) { tw_buf_u32(&list->ends, (uint32_t)list->valid.length); }

static inline void tw_text_list_write(tw_text_list *list, tw_selection rows, tw_list_out *to) {
    tw_reader reader = {list->ends.data, list->ends.data + list->ends.length, false};
    int32_t k = 0;
    TW_EACH(rows, i, {
        tw_list_row(to, i);
        for (int32_t end = (int32_t)tw_read_u32(&reader); k < end; k++) {
            int32_t at = tw_list_push(to);
            memcpy((tw_sview *)to->items[0].values + at, list->views.data + (size_t)k * sizeof(tw_sview), sizeof(tw_sview));
            if (!list->valid.data[k]) tw_out_null(&to->items[0], at);
        }
    });
    tw_list_end(to);
}

/* Writes `out` and frees the list. */
static inline void tw_text_list_end(tw_text_list *list, tw_selection rows, tw_column *out) {
    tw_list_out to;
    if (list->views.failed || list->valid.failed || list->ends.failed)
        tw_eval_nomem(list->eval);
    else if (tw_list_begin(&to, list->eval, out, (int32_t)list->valid.length))
        tw_text_list_write(list, rows, &to);
    tw_buf_free(&list->views);
    tw_buf_free(&list->valid);
    tw_buf_free(&list->ends);
}

#endif
