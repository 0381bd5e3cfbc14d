#include "common/transport_smtp.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *verb;
    enum smtp_command command;
} COMMANDS[] = {
    {"EHLO",     SMTP_EHLO    },
    {"HELO",     SMTP_EHLO    },
    {"STARTTLS", SMTP_STARTTLS},
    {"AUTH",     SMTP_AUTH    },
    {"MAIL",     SMTP_MAIL    },
    {"RCPT",     SMTP_RCPT    },
    {"DATA",     SMTP_DATA    },
    {"QUIT",     SMTP_QUIT    },
};

struct smtp_talk smtp_talk_in(struct arena *arena)
{
    return (struct smtp_talk){.replies = str_in(arena, SMTP_REPLIES_MOST)};
}

static bool is_verb(const char *verb, const char *bytes, size_t len)
{
    size_t verb_len = strlen(verb);

    return len > verb_len && strncasecmp(bytes, verb, verb_len) == 0 &&
           (bytes[verb_len] == ' ' || bytes[verb_len] == '\r');
}

void smtp_said(struct smtp_talk *talk, const char *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(*COMMANDS); i++)
        if (is_verb(COMMANDS[i].verb, bytes, len))
            talk->command = COMMANDS[i].command;
    if (talk->command == SMTP_EHLO)
        talk->greeted = true;
}

void smtp_said_all(struct smtp_talk *talk)
{
    talk->command = SMTP_DOT;
}

/* "250 text" or "250"; 0 for "250-text", which has more lines to come, and for what is no reply. */
static int code_of_last_line(const char *line, size_t len)
{
    if (len < 3 || (len > 3 && line[3] != ' '))
        return 0;
    if (line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9')
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* A refusal stands until the client finds another way (HELO for EHLO, another mechanism for AUTH). */
static void judge(struct smtp_talk *talk, int code)
{
    bool refused = code >= 400;

    if (talk->command == SMTP_AUTH && code == 235)
        talk->logged_in = true;
    if (talk->command == SMTP_QUIT || code == 0)
        return;
    talk->decisive = refused || talk->command == SMTP_DOT ? code : 0;
    talk->decided = talk->command;
}

void smtp_heard(struct smtp_talk *talk, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    if (talk->replies.len > 0)
        str_addc(&talk->replies, '\n');
    str_addn(&talk->replies, line, len);
    judge(talk, code_of_last_line(line, len));
}

bool smtp_lacks_login(const struct smtp_talk *talk)
{
    return talk->greeted && !talk->logged_in && talk->command >= SMTP_MAIL && talk->command <= SMTP_DOT;
}

const char *smtp_command_name(enum smtp_command command)
{
    switch (command) {
    case SMTP_CONNECT:
        return "CONNECT";
    case SMTP_EHLO:
        return "EHLO";
    case SMTP_STARTTLS:
        return "STARTTLS";
    case SMTP_AUTH:
        return "AUTH";
    case SMTP_MAIL:
        return "MAIL";
    case SMTP_RCPT:
        return "RCPT";
    case SMTP_DATA:
        return "DATA";
    case SMTP_DOT:
        return ".";
    case SMTP_QUIT:
        return "QUIT";
    }
    return "";
}
