#ifndef TW_RUNTIME_LEAVING_H
#define TW_RUNTIME_LEAVING_H

#include "runtime/job_internal.h"

/* The side outputs of a job, for its operators and sources. */
tw_side_outputs tw_leaving(tw_job *job);

#endif
