#include "common/transport.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/process.h"
#include "common/str.h"

#define MODULE_FILE   "transport_curl.so"
#define MODULE_SYMBOL "transport_curl_module"

enum { COMPLAINTS_MOST = 900 }; /* bytes */

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The name of a variable "NAME=value" when libcurl or its TLS library would listen to it; else NULL. */
static const char *unwanted_name(struct arena *arena, const char *variable)
{
    if (!begins_with(variable, "CURL_") && !begins_with(variable, "SSLKEYLOGFILE="))
        return NULL;
    return arena_copy(arena, variable, strcspn(variable, "="));
}

/*
 * CURLOPT_TIMEOUT_MS does not end a resolver that waits for dead name servers: libcurl joins its thread, and 3 s became
 * 28 s. So the resolver itself gets short times, unless the operator set others. TLS keys are never logged.
 */
static void prepare_environment(struct arena *arena)
{
    for (char **at = environ; at && *at;) {
        const char *name = unwanted_name(arena, *at);

        if (name && unsetenv(name) == 0)
            at = environ;
        else
            at++;
    }
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
}

/* Adds what is wrong to `complaints` and returns NULL when this file is no module of ours. It stays loaded for good. */
static const struct transport_module *load_file(const char *path, struct str *complaints)
{
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    const struct transport_module *module = library ? dlsym(library, MODULE_SYMBOL) : NULL;
    const char *words = module ? NULL : dlerror();

    if (module && module->version == TRANSPORT_VERSION)
        return module;
    if (module)
        str_addf(complaints, "; '%s' has version %d, not %d", path, module->version, TRANSPORT_VERSION);
    else
        str_addf(complaints, "; %s", words ? words : path);
    return NULL;
}

const struct transport_module *transport_load(struct arena *arena, const char *const *directories, struct fault *fault)
{
    struct str complaints = str_in(arena, COMPLAINTS_MOST);

    for (; *directories; directories++) {
        const char *path = arena_print(arena, "%s/" MODULE_FILE, *directories);
        const struct transport_module *module = load_file(path, &complaints);

        if (module)
            return module;
    }
    fault_set(fault, FAULT_SYSTEM, "cannot load '" MODULE_FILE "', which does the sending: reinstall the package%s",
              complaints.text);
    return NULL;
}

static void send_by_module(void *self, const struct request *request, int64_t timeout_ms, struct response *response)
{
    static const struct transport_module *module;
    struct fault fault = {0};

    (void)self;
    if (!module) {
        const char *own = process_directory(request->arena);
        const char *const directories[] = {own[0] ? own : NOTIFY_LIBEXECDIR, NOTIFY_LIBEXECDIR, NULL};

        prepare_environment(request->arena);
        module = transport_load(request->arena, directories, &fault);
    }
    if (module) {
        module->send(request, timeout_ms, response);
    } else {
        response->trouble = TROUBLE_OURS;
        response->words = arena_copy(response->arena, fault.text, strlen(fault.text));
    }
}

const struct transport transport_system = {.send = send_by_module};
