/* SHOW, DESCRIBE and SET without arguments, as rows: columns and texts are Flink's SQL client's. */
#ifndef TW_SQL_SHOW_H
#define TW_SQL_SHOW_H

#include "sql/bind.h"
#include "sql/sql.h"

tw_status tw_show(tw_binder *binder, const tw_ast_statement *statement, tw_sql_result *out);
tw_status tw_show_describe(tw_binder *binder, const tw_ast_statement *statement, tw_sql_result *out);
tw_status tw_show_settings(tw_binder *binder, tw_sql_result *out);
/* A table as CREATE TABLE would make it again. */
void tw_show_create(tw_buf *out, const tw_catalog_table *table);

#endif
