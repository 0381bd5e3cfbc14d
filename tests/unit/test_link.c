#include "tests/unit/store_support.h"

#include "common/alert.h"
#include "common/link.h"

#define ID      "00ff10a5deadbeef"
#define EXPIRES INT64_C(1767927845)

/* Made by Python's hmac, hashlib, struct and base64. */
#define TOKEN           "AQD_EKXerb7vaWBwJUjBLGVjkt6scsnWac00uyE"
#define TOKEN_OF_LAST   "Af_______________02cMu1jgnnomBwg081KpRw"
#define TOKEN_OF_2      "AgD_EKXerb7vaWBwJclttsVfcelXnXJ6TBQeaLc" /* version 2 */
#define TOKEN_OF_NOBODY "AQD_EKXerb7vaWBwJWb5PmWRypRmOjfBWkK5T9E" /* with an empty key */

static const struct link_keys KEYS = {.current = {"0123456789abcdef0123456789abcdef"}, .previous = {""}};
static const struct link_keys OTHER = {.current = {"fedcba9876543210fedcba9876543210fedcba98"}, .previous = {""}};
static const struct link_keys ROTATING = {.current = {"fedcba9876543210fedcba9876543210fedcba98"},
                                          .previous = {"0123456789abcdef0123456789abcdef"}};

static void test_tokens_are_those_of_an_independent_program(void **state)
{
    struct place *place = *state;

    assert_string_equal(link_token(place->arena, &KEYS, ID, EXPIRES), TOKEN);
    assert_string_equal(link_token(place->arena, &OTHER, "ffffffffffffffff", 4294967295), TOKEN_OF_LAST);
    assert_int_equal(strlen(TOKEN), LINK_TOKEN_LENGTH);
    assert_string_equal(alert_id(place->arena, "zabbix//db-01//4711"), "6fe324a0fdaca0e2");
}

static void test_what_tokens_prove(void **state)
{
    static const struct {
        const char *name;
        const struct link_keys *keys;
        const char *token;
        int64_t now_s;
        enum link_proof proof;
        const char *id;
    } CASES[] = {
        {"valid",                    &KEYS,     TOKEN,           EXPIRES - 1,    LINK_VALID,   ID                },
        {"at the second it expires", &KEYS,     TOKEN,           EXPIRES,        LINK_EXPIRED, ID                },
        {"long after",               &KEYS,     TOKEN,           EXPIRES + 9999, LINK_EXPIRED, ID                },
        {"before a clock's mistake", &KEYS,     TOKEN,           0,              LINK_VALID,   ID                },
        {"by the key before",        &ROTATING, TOKEN,           EXPIRES - 1,    LINK_VALID,   ID                },
        {"by a key that is gone",    &OTHER,    TOKEN,           EXPIRES - 1,    LINK_FORGED,  ""                },
        {"the greatest of all",      &OTHER,    TOKEN_OF_LAST,   4294967294,     LINK_VALID,   "ffffffffffffffff"},
        {"another version",          &KEYS,     TOKEN_OF_2,      EXPIRES - 1,    LINK_FORGED,  ""                },
        {"no key at all",            &KEYS,     TOKEN_OF_NOBODY, EXPIRES - 1,    LINK_FORGED,  ""                },
        {"nothing",                  &KEYS,     "",              EXPIRES - 1,    LINK_FORGED,  ""                },
        {"padding",                  &KEYS,     TOKEN "=",       EXPIRES - 1,    LINK_FORGED,  ""                },
        {"one more",                 &KEYS,     TOKEN "A",       EXPIRES - 1,    LINK_FORGED,  ""                },
    };
    struct place *place = *state;

    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
        const char *id = "";
        enum link_proof proof = link_read(place->arena, CASES[i].keys, CASES[i].token, CASES[i].now_s, &id);

        if (proof != CASES[i].proof)
            fail_msg("%s: %d", CASES[i].name, (int)proof);
        assert_string_equal(id, CASES[i].id);
    }
}

/* Every letter counts, and so does the one spelling of the bits that fill the last letter up. */
static void test_no_other_text_proves_anything(void **state)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/ .%\x01\xc3";
    struct place *place = *state;
    struct arena *arena = arena_new();

    for (size_t at = 0; at < LINK_TOKEN_LENGTH; at++) {
        for (const char *letter = LETTERS; *letter; letter++) {
            char *token = arena_copy(arena, TOKEN, LINK_TOKEN_LENGTH);
            const char *id = "";

            if (token[at] == *letter)
                continue;
            token[at] = *letter;
            assert_int_equal(link_read(arena, &KEYS, token, EXPIRES - 1, &id), LINK_FORGED);
        }
    }
    for (size_t len = 0; len < LINK_TOKEN_LENGTH; len++) {
        const char *id = "";

        assert_int_equal(link_read(arena, &KEYS, arena_copy(arena, TOKEN, len), EXPIRES - 1, &id), LINK_FORGED);
    }
    arena_release(arena);
    (void)place;
}

static void write_key(const struct place *place, const char *text, mode_t mode)
{
    write_file(place, "confirm.key", text);
    assert_int_equal(chmod(file_in(place, "confirm.key"), mode), 0);
}

static void test_key_files(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        mode_t mode;
        const char *trouble; /* "" when it can be used */
        const char *previous;
    } CASES[] = {
        {"one key",         "0123456789abcdef0123456789abcdef\n",                                   0640, "",                                 ""},
        {"no line break",   "0123456789abcdef0123456789abcdef",                                     0640, "",                                 ""},
        {"two keys",        "0123456789abcdef0123456789abcdef\nfedcba9876543210fedcba9876543210\n", 0640, "",
         "fedcba9876543210fedcba9876543210"                                                                                                     },
        {"a short one",     "secret\n",                                                             0640, "the first line has 6 characters",  ""},
        {"a short old one", "0123456789abcdef0123456789abcdef\nold\n",                              0640, "the second line has 3 characters", ""},
        {"others may read", "0123456789abcdef0123456789abcdef\n",                                   0644, "chmod o-r",                        ""},
    };
    struct place *place = *state;

    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
        struct link_keys keys = {.current = {""}, .previous = {""}};
        struct fault fault = {0};
        bool read;

        write_key(place, CASES[i].text, CASES[i].mode);
        read = link_keys_read(place->arena, file_in(place, "confirm.key"), &keys, &fault);
        if (read != (CASES[i].trouble[0] == '\0') || !strstr(fault.text, CASES[i].trouble))
            fail_msg("%s: %s", CASES[i].name, fault.text);
        assert_string_equal(secret_text(keys.current), read ? "0123456789abcdef0123456789abcdef" : "");
        assert_string_equal(secret_text(keys.previous), read ? CASES[i].previous : "");
    }
}

static void test_a_key_that_is_not_there_names_its_remedy(void **state)
{
    struct place *place = *state;
    struct link_keys keys;
    struct fault fault = {0};

    assert_false(link_keys_read(place->arena, file_in(place, "no.key"), &keys, &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_non_null(strstr(fault.text, "no.key': `notifyctl setup` makes one"));
    write_key(place, "0123456789abcdef0123456789abcdef\n", 0640);
    assert_false(link_keys_read(place->arena, file_in(place, "confirm.key/x"), &keys, &fault));
    assert_non_null(strstr(fault.text, "Not a directory"));
}

static void test_addresses_have_one_slash(void **state)
{
    struct place *place = *state;

    assert_string_equal(link_address(place->arena, "https://m.example.com/confirm", "T"),
                        "https://m.example.com/confirm/T");
    assert_string_equal(link_address(place->arena, "https://m.example.com/", "T"), "https://m.example.com/T");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_tokens_are_those_of_an_independent_program),
        WITH_PLACE(test_what_tokens_prove),
        WITH_PLACE(test_no_other_text_proves_anything),
        WITH_PLACE(test_key_files),
        WITH_PLACE(test_a_key_that_is_not_there_names_its_remedy),
        WITH_PLACE(test_addresses_have_one_slash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
