/*
 * echo - our own words, coming back as an event of the monitoring system that was told them.
 *
 * What is written back ends in a mark with the problem's short name. An acknowledgement or update that carries it is an echo
 * only when the store knows of such words on their way: people heard of it already, and it must neither be told nor
 * counted again. Anything else with the mark is somebody's who copied it, and is told like any other.
 */
#ifndef COMMON_ECHO_H
#define COMMON_ECHO_H

#include "common/event.h"
#include "common/store.h"

/* "[#K7F3Q notification-plugins]" */
const char *echo_mark(struct arena *arena, const char *short_id);

/* Does the text end in the mark of this problem, or with "" of any? */
bool echo_is_marked(struct arena *arena, const char *text, const char *short_id);

bool echo_is_ours(struct store *store, struct arena *arena, const struct event *event, const char *problem,
                  const char *short_id, int64_t now_ms, bool *ours, struct fault *fault);

#endif
