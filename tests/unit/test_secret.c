/* Secrets: which files are taken, and that nothing of them is left in a line. */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/secret.h"

static char folder[] = "/tmp/test_secret.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *file_with(struct arena *arena, const char *bytes, size_t len, mode_t mode)
{
    const char *path = arena_print(arena, "%s/secret", folder);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void test_takes_only_files_that_others_cannot_touch(void **state)
{
    static const struct {
        mode_t mode;
        bool taken;
        const char *remedy;
    } cases[] = {
        {0400, true,  ""             },
        {0600, true,  ""             },
        {0640, true,  ""             },
        {0440, true,  ""             },
        {0644, false, "chmod o-rwx '"},
        {0604, false, "chmod o-rwx '"},
        {0602, false, "chmod o-rwx '"},
        {0660, false, "chmod g-w '"  },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *path = file_with(*state, "correct horse", 13, cases[i].mode);
        struct secret secret = {"untouched"};
        struct fault fault = {0};
        bool taken = secret_read(*state, path, &secret, &fault);

        assert_int_equal(unlink(path), 0);
        if (taken != cases[i].taken)
            fail_msg("mode %04o: %s", (unsigned)cases[i].mode, taken ? "taken" : fault.text);
        assert_string_equal(secret_text(secret), taken ? "correct horse" : "untouched");
        if (!taken && (!strstr(fault.text, cases[i].remedy) || fault.kind != FAULT_CONFIG))
            fail_msg("mode %04o: %s", (unsigned)cases[i].mode, fault.text);
        assert_null(strstr(fault.text, "correct horse"));
    }
}

#define BYTES(text) text, sizeof(text) - 1

static void test_takes_the_text_without_its_line_break(void **state)
{
    static const struct {
        const char *given;
        const char *bytes;
        size_t len;
        const char *want; /* NULL: refused */
    } cases[] = {
        {"plain",               BYTES("s3cret"),                 "s3cret"   },
        {"line break",          BYTES("s3cret\n"),               "s3cret"   },
        {"Windows line break",  BYTES("s3cret\r\n"),             "s3cret"   },
        {"several line breaks", BYTES("s3cret\n\r\n\n"),         "s3cret"   },
        {"Windows' mark",       BYTES("\xEF\xBB\xBFs3cret\r\n"), "s3cret"   },
        {"blanks are part",     BYTES(" s3 cret \n"),            " s3 cret "},
        {"inner line break",    BYTES("one\ntwo\n"),             "one\ntwo" },
        {"empty",               BYTES(""),                       NULL       },
        {"line break alone",    BYTES("\n"),                     NULL       },
        {"mark alone",          BYTES("\xEF\xBB\xBF\n"),         NULL       },
        {"zero byte",           BYTES("s3\0cret"),               NULL       },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *path = file_with(*state, cases[i].bytes, cases[i].len, 0600);
        struct secret secret = {""};
        struct fault fault = {0};
        bool taken = secret_read(*state, path, &secret, &fault);

        assert_int_equal(unlink(path), 0);
        if (taken != (cases[i].want != NULL))
            fail_msg("%s: %s", cases[i].given, taken ? "taken" : fault.text);
        if (taken && strcmp(secret_text(secret), cases[i].want) != 0)
            fail_msg("%s: '%s'", cases[i].given, secret_text(secret));
    }
}

static void test_takes_a_secret_of_the_greatest_length_and_no_longer(void **state)
{
    char bytes[SECRET_MOST + 2];
    struct secret secret = {""};
    struct fault fault = {0};
    const char *path;

    memset(bytes, 'x', sizeof(bytes));
    bytes[SECRET_MOST] = '\n';
    path = file_with(*state, bytes, SECRET_MOST + 1, 0600);
    assert_true(secret_read(*state, path, &secret, &fault));
    assert_int_equal(strlen(secret_text(secret)), SECRET_MOST);
    bytes[SECRET_MOST] = 'x';
    path = file_with(*state, bytes, SECRET_MOST + 1, 0600);
    assert_false(secret_read(*state, path, &secret, &fault));
    assert_non_null(strstr(fault.text, "longer than 4096 bytes"));
    unlink(path);
}

static void test_refuses_what_is_not_a_file_at_once(void **state)
{
    const char *fifo = arena_print(*state, "%s/fifo", folder);
    const char *paths[] = {folder, "/dev/zero", fifo, "/does/not/exist"};

    assert_int_equal(mkfifo(fifo, 0600), 0);
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct secret secret = {""};
        struct fault fault = {0};

        assert_false(secret_read(*state, paths[i], &secret, &fault));
        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_non_null(strstr(fault.text, paths[i]));
    }
    assert_int_equal(unlink(fifo), 0);
}

static void test_masks_secrets_wherever_they_stand(void **state)
{
    static const struct {
        const char *given;
        const char *secret;
        const char *text;
        const char *want;
    } cases[] = {
        {"plain",                                        "hunter22",                                                              "password hunter22 refused",    "password *** refused"                    },
        {"twice",                                        "hunter22",                                                              "hunter22,hunter22",            "***,***"                                 },
        {"percent-encoded",                              "a/b+c=dd",                                                              "key=a%2Fb%2Bc%3Ddd&x",         "key=***&x"                               },
        {"percent-encoded in small letters",             "a/b+c=dd",                                                              "key=a%2fb%2bc%3ddd",           "key=***"                                 },
        {"partly percent-encoded",                       "a/b+c=dd",                                                              "key=a/b%2Bc=dd",               "key=***"                                 },
        {"needlessly percent-encoded",                   "hunter22",                                                              "%68unter22",                   "***"                                     },
        {"a secret that itself looks encoded",           "100%25off",                                                             "is 100%25off and 100%2525off", "is *** and ***"                          },
        {"blank as plus",                                "two words",                                                             "p=two+words",                  "p=***"                                   },
        {"Chinese",                                      "密码很长",                                                          "用户 密码很长。",       "用户 ***。"                           },
        {"too short to be masked",                       "abcde",                                                                 "abcde",                        "abcde"                                   },
        {"only its beginning",                           "hunter22",                                                              "hunter2",                      "hunter2"                                 },

        {"address: query value",                         "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
         "token 0123456789abcdef is wrong",                                                                                                                       "token *** is wrong"                      },
        {"address: whole",                               "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
         "POST https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",                                                                               "POST https://oapi.dingtalk.com***"       },
        {"address: with a signature behind it",          "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
         "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef&timestamp=1",                                                                        "https://oapi.dingtalk.com***&timestamp=1"},
        {"address: the host is not secret",              "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
         "oapi.dingtalk.com answered 502",                                                                                                                        "oapi.dingtalk.com answered 502"          },
        {"address: long path segment",                   "https://hooks.slack.com/services/T0001/B0001/abcdefghijklmnopqrstuvwx",
         "no service abcdefghijklmnopqrstuvwx",                                                                                                                   "no service ***"                          },
        {"address: short path segments are words",
         "https://hooks.slack.com/services/T0001/B0001/abcdefghijklmnopqrstuvwx",                                                 "all services down",
         "all services down"                                                                                                                                                                                },
        {"address: user and password",                   "http://operator:s3cret-pw@proxy.example.com:3128",                      "login operator s3cret-pw",
         "login *** ***"                                                                                                                                                                                    },
        {"address: encoded password, plain in the text", "http://operator:p%40ss-word@proxy:3128",                                "login p@ss-word",
         "login ***"                                                                                                                                                                                        },
        {"not an address of ours",                       "pass://word123",                                                        "it was pass://word123",        "it was ***"                              },
        {"address inside a query",                       "https://a.example/x?to=https://b.example/secret-path-of-b",
         "to=https://b.example/secret-path-of-b.",                                                                                                                "to=***."                                 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct secrets secrets = {.arena = *state};
        const char *masked;

        secrets_add(&secrets, cases[i].secret);
        masked = secrets_mask(*state, &secrets, cases[i].text);
        if (strcmp(masked, cases[i].want) != 0)
            fail_msg("%s: '%s', wanted '%s'", cases[i].given, masked, cases[i].want);
    }
}

static void test_masks_secrets_that_overlap(void **state)
{
    struct secrets secrets = {.arena = *state};

    secrets_add(&secrets, "abcdefgh");
    secrets_add(&secrets, "efghijkl");
    secrets_add(&secrets, "abcdef");
    secrets_add(&secrets, "abcdef");
    assert_int_equal(secrets.count, 3);
    assert_string_equal(secrets_mask(*state, &secrets, "<abcdefghijkl>"), "<***>");
}

/* Secrets of one list are added to another: what was remembered must stay remembered. */
static void test_added_again_masks_the_same(void **state)
{
    struct secrets first = {.arena = *state};
    struct secrets second = {.arena = *state};
    const char *text = "https://x.example/hook?token=abcdef0123456789 abcdef0123456789";

    secrets_add(&first, "https://x.example/hook?token=abcdef0123456789");
    for (size_t i = 0; i < first.count; i++)
        secrets_add(&second, first.items[i]);
    assert_string_equal(secrets_mask(*state, &second, text), "https://x.example*** ***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_takes_only_files_that_others_cannot_touch),
        WITH_ARENA(test_takes_the_text_without_its_line_break),
        WITH_ARENA(test_takes_a_secret_of_the_greatest_length_and_no_longer),
        WITH_ARENA(test_refuses_what_is_not_a_file_at_once),
        WITH_ARENA(test_masks_secrets_wherever_they_stand),
        WITH_ARENA(test_masks_secrets_that_overlap),
        WITH_ARENA(test_added_again_masks_the_same),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
