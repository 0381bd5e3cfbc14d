/* notify_route: all channels, by the policy of the configuration. */
#include "common/pipeline.h"
#include "plugins/channels.h"

int main(int argc, char **argv, char **environment)
{
    return route_main(argc, argv, environment, channels_all);
}
