/* pipeline - from the monitoring system's call to the exit status. */
#ifndef COMMON_PIPELINE_H
#define COMMON_PIPELINE_H

#include "common/channel.h"

/*
 * The body of every notify_<channel> program: what it does is told top-down in pipeline.c. Prints one line on stdout that
 * says what became of the notification, and one on stderr when it did not arrive; both without secrets. Returns the exit
 * status of the manual's table. `channels` ends with NULL.
 */
int notify_main(int argc, char **argv, char **environment, const struct channel *channel,
                const struct channel *const *channels);

/* The body of notify_route: the configuration's route picks the channels, fails over, and tells those of `also` as well. */
int route_main(int argc, char **argv, char **environment, const struct channel *const *channels);

#endif
