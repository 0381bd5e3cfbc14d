/* notifyctl setup: what must be there once on a machine, made as root. Packages call it; it may be called again. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/confirmation.h"
#include "common/store.h"
#include "plugins/notifyctl/arguments.h"

enum { KEY_BYTES = 32, KEY_MODE = 0640 };

#define SECRETS_GROUP "notification-secrets" /* whose members read the configuration and its secrets */

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

/* True when the program (of shadow-utils) ended with 0. What it says goes to stderr by itself. */
static bool run(const char *const *command, struct fault *fault)
{
    char *const *arguments = (char *const *)(uintptr_t)command; /* they are not changed */
    pid_t child;
    int status = 0;
    int error = posix_spawnp(&child, command[0], NULL, NULL, arguments, environ);

    if (error != 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot run '%s': %s", command[0], strerror(error));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           fault_set(fault, FAULT_SYSTEM, "'%s' failed; run this as root", command[0]);
}

/* Where no package has made them. */
static bool make_groups(struct fault *fault)
{
    static const char *const GROUPS[] = {STORE_GROUP, SECRETS_GROUP};

    for (size_t i = 0; i < sizeof(GROUPS) / sizeof(*GROUPS); i++) {
        const char *const command[] = {"groupadd", "--system", "--force", GROUPS[i], NULL};

        if (!getgrnam(GROUPS[i]) && !run(command, fault))
            return false;
    }
    return true;
}

static bool join(const char *user, struct fault *fault)
{
    const char *const command[] = {"usermod", "--append", "--groups", STORE_GROUP "," SECRETS_GROUP, "--", user, NULL};

    if (!getpwnam(user))
        return fault_set(fault, FAULT_INPUT, "there is no user '%s' on this machine", user);
    if (!run(command, fault))
        return false;
    printf("user %s: joins " STORE_GROUP " and " SECRETS_GROUP "; its daemon knows that after a restart\n", user);
    return true;
}

static bool join_all(const struct operation *operation, struct fault *fault)
{
    if (operation->argc > 1 && !make_groups(fault))
        return false;
    for (int i = 1; i < operation->argc; i++)
        if (!join(operation->argv[i], fault))
            return false;
    return true;
}

int command_setup(struct operation *operation)
{
    struct fault fault = {0};
    bool made = false;

    for (int i = 1; i < operation->argc; i++)
        if (operation->argv[i][0] == '-')
            return usage(operation, "names of users, or nothing");
    if (!join_all(operation, &fault))
        return say_fault(operation, &fault);
    if (!open_store_or_say(operation))
        return 1;
    printf("store: %s/state.db\n", operation->config->state);
    if (!make_key(operation, &made, &fault))
        return say_fault(operation, &fault);
    printf("key of confirmation links: %s (%s)\n", confirmation_key_path(operation->config),
           made ? "made" : "was there");
    return 0;
}
