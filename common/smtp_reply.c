#include "common/smtp_reply.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"

/* Columns of the three digits and what follows them, a space or a hyphen. */
enum { CODE_LEN = 3, WORDS_FROM = 4 };

/* The reply to these commands is about us and our settings. The reason begins with the enhanced code, if any. */
static const struct verdict_rule SESSION_RULES[] = {
    {"454*",                NULL,   OUTCOME_AGAIN,   0, WORD_FIX_LOGIN     },
    {"4*",                  NULL,   OUTCOME_AGAIN,   0, WORD_FIX_WAIT      },
    {"530* 534* 535* 538*", NULL,   OUTCOME_BROKEN,  0, WORD_FIX_LOGIN     },
    {"552*",                NULL,   OUTCOME_REFUSED, 0, WORD_FIX_MESSAGE   }, /* MAIL tells the size */
    {"5*",                  "5.7.", OUTCOME_BROKEN,  0, WORD_FIX_PERMISSION},
    {NULL,                  NULL,   OUTCOME_BROKEN,  0, WORD_FIX_ADDRESS   },
};

static const struct verdict_rule RECIPIENT_RULES[] = {
    {"450* 451*",           "greylist", OUTCOME_AGAIN,   300, WORD_FIX_WAIT      },
    {"4*",                  NULL,       OUTCOME_AGAIN,   0,   WORD_FIX_WAIT      },
    {"530* 534* 535* 538*", NULL,       OUTCOME_BROKEN,  0,   WORD_FIX_LOGIN     },
    {"5*",                  "relay",    OUTCOME_BROKEN,  0,   WORD_FIX_PERMISSION}, /* "Relay access denied" */
    {"552*",                "5.2.2",    OUTCOME_REFUSED, 0,   WORD_FIX_RECIPIENT }, /* the mailbox is full */
    {"552*",                NULL,       OUTCOME_AGAIN,   0,   WORD_FIX_WAIT      }, /* RFC 5321 4.5.3.1.10 */
    {NULL,                  NULL,       OUTCOME_REFUSED, 0,   WORD_FIX_RECIPIENT },
};

static const struct verdict_rule MESSAGE_RULES[] = {
    {"2*",                  NULL, OUTCOME_DELIVERED, 0, WORD_NONE       },
    {"4*",                  NULL, OUTCOME_AGAIN,     0, WORD_FIX_WAIT   },
    {"530* 534* 535* 538*", NULL, OUTCOME_BROKEN,    0, WORD_FIX_LOGIN  },
    {NULL,                  NULL, OUTCOME_REFUSED,   0, WORD_FIX_MESSAGE},
};

/* "250-one" goes on in the next line, "250 two" ends the reply. */
static const char *words_of(struct arena *arena, const char *code, const char *replies)
{
    struct str words = str_in(arena, SMTP_WORDS_MOST);
    bool goes_on = false;

    while (*replies) {
        size_t len = strcspn(replies, "\n");

        if (len >= CODE_LEN && strncmp(replies, code, CODE_LEN) == 0) {
            if (!goes_on)
                words = str_in(arena, SMTP_WORDS_MOST);
            else
                str_addc(&words, ' ');
            if (len > WORDS_FROM)
                str_addn(&words, replies + WORDS_FROM, len - WORDS_FROM);
            goes_on = len > CODE_LEN && replies[CODE_LEN] == '-';
        }
        replies += len + (replies[len] == '\n');
    }
    return words.text;
}

/* Length of "5.1.1" at the beginning, 0 when there is none. */
static size_t enhanced_len(const char *words)
{
    static const char DIGITS[] = "0123456789";
    size_t subject, detail;

    if (!strchr("245", words[0]) || words[0] == '\0' || words[1] != '.')
        return 0;
    subject = strspn(words + 2, DIGITS);
    if (subject == 0 || subject > 3 || words[2 + subject] != '.')
        return 0;
    detail = strspn(words + 3 + subject, DIGITS);
    return detail == 0 || detail > 3 ? 0 : 3 + subject + detail;
}

/* Postfix and Exchange Online say "queued as ID", Exim "id=ID". */
static const char *id_of(struct arena *arena, const char *words)
{
    static const char *const MARKS[] = {"queued as ", " id="};
    size_t enhanced = enhanced_len(words);

    for (size_t i = 0; i < sizeof(MARKS) / sizeof(*MARKS); i++) {
        const char *mark = strcasestr(words, MARKS[i]);

        if (mark) {
            mark += strlen(MARKS[i]);
            return arena_copy(arena, mark, strcspn(mark, " ;,"));
        }
    }
    return words + enhanced + strspn(words + enhanced, " ");
}

struct smtp_reply smtp_reply_read(struct arena *arena, int status, const char *replies)
{
    const char *code = arena_print(arena, "%03d", status);
    const char *words = words_of(arena, code, replies);
    size_t enhanced = enhanced_len(words);

    return (struct smtp_reply){
        .code = enhanced ? arena_print(arena, "%s %.*s", code, (int)enhanced, words) : code,
        .words = words,
        .id = id_of(arena, words),
    };
}

static const struct verdict_rule *rules_for(const char *command)
{
    if (strcmp(command, "RCPT") == 0)
        return RECIPIENT_RULES;
    return strcmp(command, "DATA") == 0 || strcmp(command, ".") == 0 ? MESSAGE_RULES : SESSION_RULES;
}

void smtp_judge(const struct response *response, const char *recipient, struct verdicts *verdicts)
{
    struct smtp_reply reply = smtp_reply_read(response->arena, response->status, response->replies);

    if (response->status == 0)
        answer_accepted(response, verdicts);
    else
        verdict_by_rules(verdicts, rules_for(response->command), recipient, reply.code, reply.words, response,
                         reply.id);
}
