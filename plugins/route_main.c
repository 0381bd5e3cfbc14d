/* notify_route: all channels, by the policy of the configuration. */
#include "common/pipeline.h"
#include "common/process.h"
#include "plugins/channels.h"

int main(int argc, char **argv, char **environment)
{
    process_end(route_main(argc, argv, environment, channels_all));
}
