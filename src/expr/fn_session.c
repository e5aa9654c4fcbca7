/* What the session knows: CURRENT_DATABASE. */
#include "expr/entries.h"
#include "expr/kernel.h"

static void current_database(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    tw_str name = tw_str_of(eval->session->database ? eval->session->database : "default_database");
    TW_EACH(rows, i, tw_out_view(out, i, name.data, name.length););
}
TW_KERNEL_ENTRY(tw_kernel_current_database, current_database)

tw_status tw_bind_current_database(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_STRING, false); }
