/* worker_support - a house with a configuration, a store and a worker, whose clock and network belong to the test. */
#ifndef TESTS_UNIT_WORKER_SUPPORT_H
#define TESTS_UNIT_WORKER_SUPPORT_H

#include "tests/unit/policy_support.h"
#include "tests/unit/store_support.h"

#include "common/asking.h"
#include "common/identity.h"
#include "common/worker.h"

#define NOW INT64_C(1767323045000) /* 2026-01-02 03:04:05 UTC, 11:04:05 in China */

struct keyed_settings {
    const char *endpoint;
    struct secret key;
};

static const struct option_row KEYED_ROWS[] = {
    OPTION_TEXT("endpoint", struct keyed_settings, endpoint, "http://127.0.0.1/", "address"),
    OPTION_SECRET("key", struct keyed_settings, key, "", "whose endpoint it is"),
    OPTION_END,
};

/* The request says through whose key, and to whom. */
static inline bool build_keyed(const void *settings, const struct intent *intent, const struct moment *moment,
                               struct request *request, struct fault *fault)
{
    const struct keyed_settings *keyed = settings;
    const char *key = secret_text(keyed->key);

    (void)moment;
    key = arena_copy(request->arena, key, strcspn(key, "-"));
    request->body = arena_print(request->arena, "%s%s:%s:%s%s", intent->verb == VERB_RECEIPT ? "?" : "", key,
                                intent->recipient_count ? intent->recipients[0] : "", intent->message->event->event_id,
                                intent->repeat ? ":repeat" : "");
    return request_to(request, keyed->endpoint, fault);
}

/* 200 is delivered, 400 refused, 503 to be tried again, 0 unclear. */
static inline void classify_keyed(const void *settings, const struct intent *intent, const struct response *response,
                                  struct verdicts *verdicts)
{
    enum outcome outcome = response->status == 200   ? OUTCOME_DELIVERED
                           : response->status == 400 ? OUTCOME_REFUSED
                           : response->status == 0   ? OUTCOME_UNCLEAR
                                                     : OUTCOME_AGAIN;

    (void)settings;
    (void)intent;
    verdict_add(verdicts, (struct verdict){.outcome = outcome, .code = "CODE", .reason = "", .reference = ""});
}

#define KEYED                                                                                    \
    .options = KEYED_ROWS, .settings_size = sizeof(struct keyed_settings), .build = build_keyed, \
    .classify = classify_keyed

/* Without a quota; with one of two a minute; text messages. */
static const struct channel WALL = {.name = "wall", .verbs = VERB_SEND, .addresses = ADDRESS_LOGIN, KEYED};
static const struct channel ROBOT = {
    .name = "robot", .verbs = VERB_SEND, .addresses = ADDRESS_LOGIN, .endpoint_limits = {.per_minute = 2}, KEYED};
static const struct channel PHONE = {.name = "phone",
                                     .verbs = VERB_SEND | VERB_RECEIPT,
                                     .addresses = ADDRESS_MOBILE,
                                     .needs_recipient = true,
                                     .recipients_in_request = 200,
                                     .never_repeats = true,
                                     .expires_s = 900,
                                     KEYED};
static const struct channel *const HOUSE_CHANNELS[] = {&WALL, &ROBOT, &PHONE, NULL};

enum { SENT_MOST = 2000 };

struct house {
    struct place *place;
    struct arena *arena;
    struct world world;
    struct config *config;
    struct store *store;
    int64_t wall_ms;
    int64_t steady_ms;
    int status;          /* of every answer */
    int64_t takes_ms;    /* for one request, if it may */
    int64_t interval_ms; /* of the worker; 0: it only passes by */
    const char *sent[SENT_MOST];
    size_t sent_count;
    void (*on_send)(struct house *house); /* may be NULL */
    size_t made;                          /* rows */
};

static inline int64_t house_wall_ms(void *self)
{
    return ((struct house *)self)->wall_ms;
}

static inline int64_t house_steady_ms(void *self)
{
    return ((struct house *)self)->steady_ms;
}

static inline void house_rest(void *self, int64_t ms)
{
    struct house *house = self;

    house->wall_ms += ms;
    house->steady_ms += ms;
}

static inline void house_send(void *self, const struct request *request, int64_t timeout_ms, struct response *response)
{
    struct house *house = self;
    bool late = house->takes_ms > timeout_ms;

    assert_true(house->sent_count < SENT_MOST);
    house->sent[house->sent_count++] = arena_copy(house->arena, request->body, strlen(request->body));
    if (house->on_send)
        house->on_send(house);
    house_rest(house, late ? timeout_ms : house->takes_ms);
    response->status = late ? 0 : house->status;
    response->trouble = late ? TROUBLE_LOST : TROUBLE_NONE;
}

static inline void house_random(void *self, unsigned char *bytes, size_t len)
{
    static unsigned char next;

    (void)self;
    for (size_t i = 0; i < len; i++)
        bytes[i] = next++;
}

/* Reads `text` as the configuration from now on. */
static inline void furnish(struct house *house, const char *text)
{
    struct fault fault = {0};

    policy_file(house->arena, "x", arena_print(house->arena, "templates = \"%s\"\n%s", TEMPLATES, text));
    house->config = config_load(house->arena, policy_path(house->arena, "x"), HOUSE_CHANNELS, &fault);
    if (!house->config)
        fail_msg("%s", fault.text);
}

static inline struct house *house_at(struct place *place, const char *text)
{
    struct house *house = arena_alloc(place->arena, sizeof(*house));

    *house = (struct house){.place = place,
                            .arena = place->arena,
                            .store = open_store(place),
                            .wall_ms = NOW,
                            .steady_ms = 1000000,
                            .status = 200,
                            .takes_ms = 10,
                            .interval_ms = 15000};
    house->world = (struct world){
        .arena = place->arena,
        .clock = {house_wall_ms, house_steady_ms, house_rest, house},
        .transport = {house_send,        house                      },
        .random = house_random
    };
    furnish(house, text);
    return house;
}

/* A message waits in the outbox for these sections, each with one recipient ("" for none), for `made_ms`. */
struct queued {
    const char *sections[3];
    const char *recipients[3];
    enum severity severity;
    const char *id; /* and that of its event */
};

static inline void queue(struct house *house, struct queued wish)
{
    struct leg legs[3];
    struct chain chain = {.legs = legs};
    struct event event = event_empty();
    struct admission_answer answer;
    struct admission_ask ask;
    struct fault fault = {0};

    for (size_t i = 0; i < 3 && wish.sections[i]; i++) {
        const char **recipients = arena_alloc(house->arena, sizeof(*recipients));

        recipients[0] = wish.recipients[i];
        legs[i] = (struct leg){.section = config_section(house->config, NULL, wish.sections[i], &fault),
                               .recipients = recipients,
                               .recipient_count = recipients[0] != NULL};
        if (!legs[i].section || !config_open_section(house->config, legs[i].section, NULL, &fault))
            fail_msg("%s", fault.text);
        chain.leg_count++;
    }
    event.kind = EVENT_PROBLEM;
    event.severity = wish.severity;
    event.host = "db-01";
    event.source = "zabbix";
    event.event_id = wish.id;
    event.subject = "CPU is high";
    ask = asking_for(&house->world, house->config, &chain, &event, wish.id, "", 0);
    ask.limits = ask.recipient_limits = (struct limits){0};
    ask.storm.problems = 0;
    ask.place_later = true;
    if (!admission_ask(house->store, house->arena, &ask, &answer, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(answer.admission, ADMITTED);
    house_rest(house, 1);
    run_sql(house->place,
            arena_print(house->arena, "UPDATE outbox SET state = 'pending', lease_ms = 0 WHERE id = '%s'", wish.id));
}

static inline struct work_done work(struct house *house)
{
    struct worker worker = {.world = &house->world,
                            .config = house->config,
                            .store = house->store,
                            .directory = house->place->directory,
                            .deadline_ms = house->steady_ms + 240000,
                            .interval_ms = house->interval_ms};
    struct work_done done;
    struct fault fault = {0};

    if (!work_once(&worker, &done, &fault))
        fail_msg("%s", fault.text);
    return done;
}

/* All that was sent since the last look, one a line. */
static inline const char *sent(struct house *house)
{
    const char *all = "";

    for (size_t i = 0; i < house->sent_count; i++)
        all = arena_print(house->arena, "%s%s\n", all, house->sent[i]);
    house->sent_count = 0;
    return all;
}

static inline int64_t number(const struct house *house, const char *sql)
{
    return number_in(house->place, sql);
}

#endif
