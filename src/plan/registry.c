#include "plan/registry.h"

const tw_connector *tw_registry_connector(const tw_registry *registry, tw_str name) {
    for (int i = 0; i < registry->nconnectors; i++)
        if (tw_str_equal(name, tw_str_of(registry->connectors[i]->name))) return registry->connectors[i];
    return NULL;
}

const tw_format *tw_registry_format(const tw_registry *registry, tw_str name) {
    for (int i = 0; i < registry->nformats; i++)
        if (tw_str_equal(name, tw_str_of(registry->formats[i]->name))) return registry->formats[i];
    return NULL;
}
