/* CRC-32C (Castagnoli), as Kafka's record batches and the project's own files carry it. By the processor's instruction where there is one. */
#ifndef TW_BASE_CRC_H
#define TW_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 to begin) over the bytes. */
uint32_t tw_crc32c(uint32_t crc, const void *bytes, size_t length);
/* The same without the instruction: what other processors run, and what tests compare with. */
uint32_t tw_crc32c_plain(uint32_t crc, const void *bytes, size_t length);

#endif
