/*
 * transport - carries a request and brings the response: the only door to the network.
 *
 * libcurl stands behind it in a module of its own, transport_curl.so beside the programs, which is loaded when
 * something is really sent: nearly all of a notifier's start-up time is libcurl's 33 libraries.
 */
#ifndef COMMON_TRANSPORT_H
#define COMMON_TRANSPORT_H

#include <stdint.h>

#include "common/fault.h"
#include "common/request.h"

enum { TRANSPORT_MOST_BODY = 256 * 1024, TRANSPORT_CONNECT_MS = 3000 };

struct transport {
    /*
     * Never fails: trouble is told in the response, which comes from response_in(). Takes at most `timeout_ms` and
     * a little more where the resolver hangs; the program's own watchdog covers that.
     */
    void (*send)(void *self, const struct request *request, int64_t timeout_ms, struct response *response);
    void *self;
};

/*
 * Loads transport_curl.so at the first send: from the directory of the running program, else from where the package
 * puts it. A module that is missing or broken is TROUBLE_OURS and says where it was sought. One thread only: connections
 * are kept between sends.
 */
extern const struct transport transport_system;

/* What the module exports, as `transport_curl_module`. A module of another version is not used. */
enum { TRANSPORT_VERSION = 2 };
struct transport_module {
    int version;
    void (*send)(const struct request *request, int64_t timeout_ms, struct response *response);
};

/*
 * The module from the first of `directories` (absolute, ending with NULL) that has a usable one. NULL and FAULT_SYSTEM
 * with what was wrong in each.
 */
const struct transport_module *transport_load(struct arena *arena, const char *const *directories, struct fault *fault);

#endif
