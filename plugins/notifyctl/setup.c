/* notifyctl setup: what must be there once on a machine, made as root. Packages call it; it may be called again. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/confirmation.h"
#include "common/store.h"
#include "plugins/notifyctl/arguments.h"

enum { KEY_BYTES = 32, KEY_MODE = 0640 };

/* Members of the store's group make links: those who send, and notify_ackd proves them. */
static bool give_to_group(int descriptor, const char *path, struct fault *fault)
{
    const struct group *group = getgrnam(STORE_GROUP);

    if (geteuid() != 0 || !group)
        return true;
    return fchown(descriptor, 0, group->gr_gid) == 0 ||
           fault_set(fault, FAULT_SYSTEM, "cannot give '%s' to the group " STORE_GROUP ": %s", path, strerror(errno));
}

static bool write_key(struct operation *operation, int descriptor, const char *path, struct fault *fault)
{
    const char *key = arena_print(operation->arena, "%s\n", world_hex(&operation->world, KEY_BYTES));
    size_t len = strlen(key);

    if (fchmod(descriptor, KEY_MODE) != 0 || write(descriptor, key, len) != (ssize_t)len || fsync(descriptor) != 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot write '%s': %s", path, strerror(errno));
    return give_to_group(descriptor, path, fault);
}

/* Whole or not at all; one that is there stays. */
static bool make_key(struct operation *operation, bool *made, struct fault *fault)
{
    const char *path = confirmation_key_path(operation->config);
    const char *fresh = arena_print(operation->arena, "%s.new", path);
    int descriptor;

    *made = false;
    if (access(path, F_OK) == 0)
        return true;
    unlink(fresh);
    descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot make '%s': %s; run this as root", fresh, strerror(errno));
    *made = write_key(operation, descriptor, fresh, fault);
    close(descriptor);
    if (*made && link(fresh, path) != 0 && errno != EEXIST)
        *made = fault_set(fault, FAULT_SYSTEM, "cannot make '%s': %s", path, strerror(errno));
    unlink(fresh);
    return fault->kind == FAULT_NONE;
}

int command_setup(struct operation *operation)
{
    struct fault fault = {0};
    bool made = false;

    if (operation->argc != 1)
        return usage(operation, "no argument");
    if (!open_store_or_say(operation))
        return 1;
    printf("store: %s/state.db\n", operation->config->state);
    if (!make_key(operation, &made, &fault))
        return say_fault(operation, &fault);
    printf("key of confirmation links: %s (%s)\n", confirmation_key_path(operation->config),
           made ? "made" : "was there");
    return 0;
}
