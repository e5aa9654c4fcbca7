#include "main/monitor.h"

#include <stdio.h>
#include <string.h>

#include "data/datetime.h"

enum { LOOK_MS = 50, SHOW_MS = 500, DRAW_MS = 100 };

const char *tw_count_text(char *out, uint64_t n) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}

const char *tw_watermark_text(char *out, int64_t ms) {
    if (ms == TW_WATERMARK_MIN || ms == TW_WATERMARK_MAX) return memcpy(out, "-", 2);
    out[tw_timestamp_format(out, tw_ts_of(ms, 0), 0)] = 0;
    return out;
}

static void show(tw_monitor *m, int64_t now) {
    tw_job_stats s;
    char rows[32], rate[32], watermark[40], percent[16] = "";
    tw_job_get_stats(m->job, &s);
    double seconds = (double)(now - m->begin_ns) / 1e9;
    if (s.progress >= 0) snprintf(percent, sizeof percent, "%3.0f %%  ", s.progress * 100);
    fprintf(stderr, "\r\033[K%s%s rows  %s rows/s  watermark %s", percent, tw_count_text(rows, s.rows_in),
            tw_count_text(rate, (uint64_t)((double)s.rows_in / (seconds > 0 ? seconds : 1))), tw_watermark_text(watermark, s.watermark));
    if (s.late_rows) fprintf(stderr, "  late %s", tw_count_text(rows, s.late_rows));
    if (s.bad_records + s.failed_rows) fprintf(stderr, "  errors %s", tw_count_text(rows, s.bad_records + s.failed_rows));
    fflush(stderr);
    m->shown = true;
}

static void draw(tw_monitor *m, int64_t now) {
    tw_job_stats stats;
    tw_latency latency = {0};
    tw_job_get_stats(m->job, &stats);
    tw_job_get_latency(m->job, &latency);
    tw_live_draw(m->live, &stats, &latency, (double)(now - m->begin_ns) / 1e9);
}

static void *watch(void *context) {
    tw_monitor *m = context;
    int64_t shown_ns = m->begin_ns;
    bool cancelled = false;
    while (!m->stop) {
        int64_t now = tw_mono_ns(m->os);
        if (tw_interrupted() && !cancelled) {
            tw_job_cancel(m->job);
            cancelled = true;
        }
        if (m->live && now - shown_ns >= DRAW_MS * INT64_C(1000000)) {
            draw(m, now);
            shown_ns = now;
        } else if (m->progress && now - shown_ns >= SHOW_MS * INT64_C(1000000)) {
            show(m, now);
            shown_ns = now;
        }
        tw_park_announce(&m->parker);
        if (m->stop)
            tw_park_cancel(&m->parker);
        else
            tw_park(&m->parker, m->os, now + LOOK_MS * INT64_C(1000000));
    }
    return NULL;
}

tw_status tw_monitor_start(tw_monitor *m, tw_job *job, tw_os *os, bool progress, tw_live *live, tw_error *error) {
    *m = (tw_monitor){.job = job, .os = os, .progress = progress && !live, .live = live, .begin_ns = tw_mono_ns(os)};
    return tw_thread_start(&m->thread, watch, m, error);
}

void tw_monitor_stop(tw_monitor *m) {
    m->stop = true;
    tw_unpark(&m->parker); /* a short job does not wait for the next look */
    pthread_join(m->thread, NULL);
    if (m->live) draw(m, tw_mono_ns(m->os));
    if (m->shown) fprintf(stderr, "\r\033[K");
}
