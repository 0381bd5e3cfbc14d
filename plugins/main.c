/* Every notify_<channel> program: CHANNEL is set by the build. */
#include "common/pipeline.h"
#include "plugins/channels.h"

extern const struct channel CHANNEL;

int main(int argc, char **argv, char **environment)
{
    return notify_main(argc, argv, environment, &CHANNEL, channels_all);
}
