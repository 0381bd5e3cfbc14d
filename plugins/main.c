/* Every notify_<channel> program: CHANNEL is set by the build. */
#include "common/pipeline.h"
#include "common/process.h"
#include "plugins/channels.h"

extern const struct channel CHANNEL;

int main(int argc, char **argv, char **environment)
{
    process_end(notify_main(argc, argv, environment, &CHANNEL, channels_all));
}
