/* Every connector, for src/main/registry.c. */
#ifndef TW_CONNECTOR_CONNECTORS_H
#define TW_CONNECTOR_CONNECTORS_H

#include "connector/connector.h"

extern const tw_connector tw_connector_filesystem;
extern const tw_connector tw_connector_print;
extern const tw_connector tw_connector_blackhole;
extern const tw_connector tw_connector_checksum;
extern const tw_connector tw_connector_datagen;
extern const tw_connector tw_connector_nexmark;
extern const tw_connector tw_connector_stdin;
extern const tw_connector tw_connector_stdout;

#endif
