#include "tests/unit/support.h"

#include "common/delivery.h"

/* The least a channel can be: the status alone decides, for each recipient by itself. */
static bool build_nothing(const void *settings, const struct intent *intent, const struct moment *moment,
                          struct request *request, struct fault *fault)
{
    (void)settings, (void)intent, (void)fault;
    request->url = "http://provider.test/";
    request_body(request, moment->nonce);
    return true;
}

static void classify_status(const void *settings, const struct intent *intent, const struct response *response,
                            struct verdicts *verdicts)
{
    (void)settings, (void)intent;
    if (answer_accepted(response, verdicts))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED});
}

/* A provider that judges each number by itself: those that end in 0 are refused, in 1 busy the first time, in 3 unclear. */
static void classify_numbers(const void *settings, const struct intent *intent, const struct response *response,
                             struct verdicts *verdicts)
{
    (void)settings;
    for (size_t i = 0; i < intent->recipient_count; i++) {
        const char *number = intent->recipients[i];
        char last = number[strlen(number) - 1];
        enum outcome outcome = last == '0'                              ? OUTCOME_REFUSED
                               : last == '1' && response->status == 200 ? OUTCOME_AGAIN
                               : last == '3' && response->status == 200 ? OUTCOME_UNCLEAR
                                                                        : OUTCOME_DELIVERED;

        verdict_add(verdicts, (struct verdict){.recipient = number, .outcome = outcome});
    }
}

static const struct channel GROUP = {.name = "group", .build = build_nothing, .classify = classify_status};
static const struct channel IDEMPOTENT = {
    .name = "idempotent", .repeats_safely = true, .build = build_nothing, .classify = classify_status};
static const struct channel NUMBERS = {
    .name = "numbers", .recipients_in_request = 2, .build = build_nothing, .classify = classify_numbers};

static const struct channel SAFE_NUMBERS = {.name = "safe",
                                            .recipients_in_request = 2,
                                            .repeats_safely = true,
                                            .build = build_nothing,
                                            .classify = classify_numbers};

/* A provider that answers from a script, and a clock that moves only when somebody sleeps or waits for an answer. */
struct script {
    const struct response *answers;
    int64_t answer_takes_ms;
    unsigned sent;
    unsigned reported;
    int64_t now_ms;
    const char *nonces[8];
};

static int64_t script_now(void *self)
{
    return ((struct script *)self)->now_ms;
}

static void script_sleep(void *self, int64_t ms)
{
    ((struct script *)self)->now_ms += ms;
}

static void script_send(void *self, const struct request *request, int64_t timeout_ms, struct response *response)
{
    struct script *script = self;
    struct arena *arena = response->arena;

    assert_in_range(timeout_ms, 1, ATTEMPT_MOST_MS);
    script->nonces[script->sent] = request->body;
    *response = script->answers[script->sent++];
    response->arena = arena;
    response->body = response->location = response->words = "";
    script->now_ms += script->answer_takes_ms;
}

static void script_random(void *self, unsigned char *bytes, size_t len)
{
    unsigned *counter = self;

    memset(bytes, (int)(*counter)++, len);
}

static void count_attempt(void *self, const struct attempt *attempt)
{
    struct script *script = self;

    assert_true(attempt->verdicts->count > 0);
    script->reported++;
}

static struct verdicts run(struct arena *arena, struct script *script, const struct channel *channel,
                           const char *const *recipients, size_t count)
{
    static unsigned counter;
    struct world world = {
        .arena = arena,
        .clock = {script_now, script_now, script_sleep, script},
        .transport = {script_send,    script             },
        .random = script_random,
        .random_self = &counter,
    };
    struct delivery delivery = {
        .channel = channel, .policy = retry_default, .deadline_ms = 23000, .on_attempt = count_attempt, .self = script};
    struct intent intent = {.verb = VERB_SEND, .recipients = recipients, .recipient_count = count, .reference = ""};

    return deliver(&world, &delivery, &intent);
}

static void test_repeats_until_taken(void **state)
{
    static const struct response ANSWERS[] = {{.status = 502}, {.status = 200}};
    struct script script = {.answers = ANSWERS};
    struct verdicts verdicts = run(*state, &script, &GROUP, NULL, 0);

    assert_int_equal(verdicts.count, 1);
    assert_int_equal(verdicts.items[0].outcome, OUTCOME_DELIVERED);
    assert_int_equal(script.sent, 2);
    assert_int_equal(script.reported, 2);
    assert_int_equal(script.now_ms, 5000);
}

static void test_each_attempt_is_signed_anew(void **state)
{
    static const struct response ANSWERS[] = {{.status = 502}, {.status = 502}, {.status = 200}};
    struct script script = {.answers = ANSWERS};

    run(*state, &script, &GROUP, NULL, 0);
    assert_string_not_equal(script.nonces[0], script.nonces[1]);
    assert_string_not_equal(script.nonces[1], script.nonces[2]);
}

static void test_gives_up_after_the_policys_attempts(void **state)
{
    static const struct response ANSWERS[] = {{.status = 500}, {.status = 500}, {.status = 500}};
    struct script script = {.answers = ANSWERS};

    assert_int_equal(run(*state, &script, &GROUP, NULL, 0).items[0].outcome, OUTCOME_AGAIN);
    assert_int_equal(script.sent, 3);
    assert_int_equal(script.now_ms, 10000);
}

static void test_honours_retry_after_only_within_the_deadline(void **state)
{
    static const struct response LATE[] = {
        {.status = 429, .retry_after_s = 60}
    };
    static const struct response SOON[] = {
        {.status = 429, .retry_after_s = 9},
        {.status = 200            }
    };
    struct script late = {.answers = LATE};
    struct script soon = {.answers = SOON};

    assert_int_equal(run(*state, &late, &GROUP, NULL, 0).items[0].outcome, OUTCOME_THROTTLED);
    assert_int_equal(late.sent, 1);
    assert_int_equal(late.now_ms, 0);
    assert_int_equal(run(*state, &soon, &GROUP, NULL, 0).items[0].outcome, OUTCOME_DELIVERED);
    assert_int_equal(soon.now_ms, 9000);
}

static void test_slow_answers_do_not_pass_the_deadline(void **state)
{
    static const struct response ANSWERS[] = {
        {.trouble = TROUBLE_CONNECT}, {.trouble = TROUBLE_CONNECT}, {.trouble = TROUBLE_CONNECT}};
    struct script script = {.answers = ANSWERS, .answer_takes_ms = 8000};

    run(*state, &script, &GROUP, NULL, 0);
    assert_int_equal(script.sent, 2);
    assert_in_range(script.now_ms, 0, 23000);
}

static void test_refusal_is_final(void **state)
{
    static const struct response ANSWERS[] = {{.status = 400}};
    struct script script = {.answers = ANSWERS};
    struct verdicts verdicts = run(*state, &script, &GROUP, NULL, 0);

    assert_int_equal(verdicts.items[0].outcome, OUTCOME_REFUSED);
    assert_string_equal(verdicts.items[0].code, "HTTP 400");
    assert_int_equal(script.sent, 1);
}

static void test_an_unclear_outcome_is_repeated_only_with_a_handle(void **state)
{
    static const struct response ANSWERS[] = {
        {.trouble = TROUBLE_LOST, .maybe_sent = true},
        {.status = 200                      }
    };
    struct script bare = {.answers = ANSWERS};
    struct script handled = {.answers = ANSWERS};

    assert_int_equal(run(*state, &bare, &GROUP, NULL, 0).items[0].outcome, OUTCOME_UNCLEAR);
    assert_int_equal(bare.sent, 1);
    assert_int_equal(run(*state, &handled, &IDEMPOTENT, NULL, 0).items[0].outcome, OUTCOME_DELIVERED);
    assert_int_equal(handled.sent, 2);
}

static enum outcome outcome_for(const struct verdicts *verdicts, const char *recipient)
{
    for (size_t i = 0; i < verdicts->count; i++)
        if (strcmp(verdicts->items[i].recipient, recipient) == 0)
            return verdicts->items[i].outcome;
    fail_msg("no verdict for %s", recipient);
    return OUTCOME_UNCLEAR;
}

static void test_only_the_numbers_that_failed_for_now_are_tried_again(void **state)
{
    static const char *const TO[] = {"13800138002", "13800138001", "13800138000"};
    static const struct response ANSWERS[] = {{.status = 200}, {.status = 201}, {.status = 200}};
    struct script script = {.answers = ANSWERS};
    struct verdicts verdicts = run(*state, &script, &NUMBERS, TO, COUNT(TO));

    assert_int_equal(verdicts.count, 3);
    assert_int_equal(outcome_for(&verdicts, TO[0]), OUTCOME_DELIVERED);
    assert_int_equal(outcome_for(&verdicts, TO[1]), OUTCOME_DELIVERED);
    assert_int_equal(outcome_for(&verdicts, TO[2]), OUTCOME_REFUSED);
    assert_int_equal(script.sent, 3);
}

static void test_of_an_unclear_number_is_repeated_only_what_has_a_handle(void **state)
{
    static const char *const TO[] = {"13800138003", "13800138002"};
    static const struct response ANSWERS[] = {{.status = 200}, {.status = 201}};
    struct script once = {.answers = ANSWERS};
    struct script twice = {.answers = ANSWERS};
    struct verdicts doubtful = run(*state, &once, &NUMBERS, TO, COUNT(TO));
    struct verdicts certain = run(*state, &twice, &SAFE_NUMBERS, TO, COUNT(TO));

    assert_int_equal(outcome_for(&doubtful, TO[0]), OUTCOME_UNCLEAR);
    assert_int_equal(once.sent, 1);
    assert_int_equal(outcome_for(&certain, TO[0]), OUTCOME_DELIVERED);
    assert_int_equal(outcome_for(&certain, TO[1]), OUTCOME_DELIVERED);
    assert_int_equal(twice.sent, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_repeats_until_taken),
        WITH_ARENA(test_each_attempt_is_signed_anew),
        WITH_ARENA(test_gives_up_after_the_policys_attempts),
        WITH_ARENA(test_honours_retry_after_only_within_the_deadline),
        WITH_ARENA(test_slow_answers_do_not_pass_the_deadline),
        WITH_ARENA(test_refusal_is_final),
        WITH_ARENA(test_an_unclear_outcome_is_repeated_only_with_a_handle),
        WITH_ARENA(test_only_the_numbers_that_failed_for_now_are_tried_again),
        WITH_ARENA(test_of_an_unclear_number_is_repeated_only_what_has_a_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
