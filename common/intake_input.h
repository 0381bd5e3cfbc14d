/* intake_input - what a call brings on standard input. */
#ifndef COMMON_INTAKE_INPUT_H
#define COMMON_INTAKE_INPUT_H

#include "common/event.h"

enum { INPUT_MOST = 1024 * 1024 };

/*
 * The text on `descriptor`, without the line breaks at its end. FAULT_INPUT when there is none (-1), when it is longer
 * than INPUT_MOST, or when nothing comes for `patience_ms`; FAULT_SYSTEM when it cannot be read.
 */
bool input_read(struct arena *arena, int descriptor, int64_t patience_ms, const char **text, struct fault *fault);

/* One JSON object as event_from_json() takes it; a kind or severity that it does not name follows from its state. */
bool input_event(struct arena *arena, const char *text, struct event *event, struct fault *fault);

#endif
