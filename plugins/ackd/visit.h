/* visit - one request on its way through the desk. Private to plugins/ackd. */
#ifndef ACKD_VISIT_H
#define ACKD_VISIT_H

#include "common/alert.h"
#include "common/store.h"
#include "plugins/ackd/desk.h"

struct visit {
    struct desk *desk;
    const struct http_request *request;
    struct http_answer *answer;
    struct arena *arena;
    int64_t now_ms; /* Unix time */
    enum language language;
    const char *zone;
    const char *name;    /* what stands after the slash: a token, "board" ... */
    const char *address; /* of the client, for limits */
    const char *user;    /* whom the proxy vouches for, "" for nobody */
    struct pairs query;
    struct pairs form;
};

/* Pages of two sentences. */
void refuse(struct visit *visit, int status, enum word title, enum word why);

/* NULL when the store cannot be used; the answer is given then. */
struct store *visit_store(struct visit *visit);

/* The store did not do it: 503. */
void answer_busy(struct visit *visit, const struct fault *fault);

/* 303 to a page of ours, named relative to this one. */
void answer_see(struct visit *visit, const char *where);

struct json_object *visit_values(const struct visit *visit);
const char *visit_time(const struct visit *visit, int64_t ms);
const char *visit_words(const struct visit *visit, enum word word, const char *first, const char *second);

/* How an alert looks: the class for its colour, its level, and who is on it. */
void show_alert(const struct visit *visit, struct json_object *values, const struct alert *alert);

/* And all the rest that is known of it. */
bool show_whole_alert(const struct visit *visit, struct store *store, struct json_object *values,
                      const struct alert *alert, struct fault *fault);

/* False, with the answer given, when the form was not sent from a page of ours; *stale when that was long ago. */
bool check_form(struct visit *visit, const char *purpose, bool *stale);

/* The field of a form, clean; "" when it is not there. */
const char *form_line(const struct visit *visit, const char *name);

void serve_alert(struct visit *visit, const char *id, bool post);
void serve_board(struct visit *visit, bool post);

#endif
