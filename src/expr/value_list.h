/* Values in order of arrival, from which one occurrence of a value can be taken again: what FIRST_VALUE, LAST_VALUE, LISTAGG with retraction,
 * ARRAY_AGG and the JSON aggregates keep per group.
 *
 * Taking a value removes its earliest occurrence. A value taken before it has come in is owed: the next one that comes in is dropped against it,
 * and it is not shown. Values are byte strings, of which the list keeps copies, or NULL. An index by hash is made at the first retraction only. */
#ifndef TW_EXPR_VALUE_LIST_H
#define TW_EXPR_VALUE_LIST_H

#include "data/column.h"

typedef struct tw_value_list tw_value_list;

/* Adds (sign 1) or takes (-1) a value; NULL stands for a NULL. Makes the list when *list is NULL. TW_E_NOMEM leaves it as it was. */
tw_status tw_value_list_add(tw_value_list **list, tw_mem *mem, const tw_sview *value, int64_t sign);
/* Adds all of `from` behind, or takes all of it (times -1). */
tw_status tw_value_list_merge(tw_value_list **into, tw_mem *mem, const tw_value_list *from, int64_t times);
/* Frees it and sets *list to NULL. */
void tw_value_list_free(tw_value_list **list, tw_mem *mem);

/* The values that are there, in order; list may be NULL. `*cursor` begins with 0; false at the end. A NULL gives *value = NULL. */
bool tw_value_list_next(const tw_value_list *list, int32_t *cursor, const tw_sview **value);
/* How many they are, and the last of them (false: none). */
int32_t tw_value_list_count(const tw_value_list *list);
bool tw_value_list_last(const tw_value_list *list, const tw_sview **value);

/* Bytes: varint number of entries, then per entry a byte (1 there, 2 owed, and 4 for NULL) and, unless NULL, the value. Read asks `sound` about
 * each value, leaves *list NULL on failure and gives TW_E_CORRUPT when the bytes are no such list. */
void tw_value_list_write(const tw_value_list *list, tw_buf *out);
typedef bool (*tw_value_sound)(const void *context, tw_str value);
tw_status tw_value_list_read(tw_value_list **list, tw_reader *in, tw_mem *mem, tw_value_sound sound, const void *context);

#endif
