#include "common/help.h"

#include <string.h>

#include "common/str.h"

enum { HELP_MOST = 64 * 1024, OPTION_COLUMNS = 26, SCREEN_COLUMNS = 80 };

static const char EXAMPLE_EVENT[] = "--subject 'disk full' --message '/data 95%'";

static const char *value_of(const struct option_row *row)
{
    switch (row->type) {
    case OPTION_TYPE_SECRET:
    case OPTION_TYPE_FILE:
        return "FILE";
    case OPTION_TYPE_FLAG:
        return "yes|no";
    case OPTION_TYPE_LIST:
        return "ITEM";
    case OPTION_TYPE_CHOICE:
        return "WORD";
    case OPTION_TYPE_NUMBER:
        return "NUMBER";
    case OPTION_TYPE_TEXT:
        return "TEXT";
    }
    return "TEXT";
}

static const char *option_of(struct arena *arena, const struct option_row *row)
{
    char *name =
        arena_print(arena, "--%s%s %s", row->name, row->type == OPTION_TYPE_SECRET ? "-file" : "", value_of(row));

    for (char *at = name; *at && *at != ' '; at++)
        if (*at == '_')
            *at = '-';
    return name;
}

/* The text up to where a line may end: any blank, or one before what begins with a sign of `before`. */
static size_t piece_of(const char *text, const char *before)
{
    size_t len = strcspn(text, " ");

    while (before[0] && text[len] && !strchr(before, text[len + 1]))
        len += 1 + strcspn(text + len + 1, " ");
    return len;
}

/* Up to the edge of the screen; the next lines begin at `indent`, and `more` ends each that goes on. */
static void add_wrapped(struct str *out, const char *text, const char *before, size_t column, size_t indent,
                        const char *more)
{
    while (*text) {
        size_t len = piece_of(text, before);

        if (column > indent && column + 1 + len + strlen(more) > SCREEN_COLUMNS) {
            str_addf(out, "%s\n%*s", more, (int)indent, "");
            column = indent;
        }
        str_add(out, " ");
        str_addn(out, text, len);
        column += 1 + len;
        text += len;
        text += strspn(text, " ");
    }
    str_add(out, "\n");
}

/* What may stand there; "" is said by leaving the option out. */
static const char *choices_of(struct arena *arena, const struct option_row *row)
{
    return row->type == OPTION_TYPE_CHOICE ? arena_print(arena, " (%s)", row->choices + strspn(row->choices, " ")) : "";
}

static void add_option(struct str *out, const struct option_row *row)
{
    const char *option = option_of(out->arena, row);
    size_t start = out->len;

    str_addf(out, "  %-*s", OPTION_COLUMNS - 2, option);
    if (out->len - start > OPTION_COLUMNS) {
        str_addf(out, "\n%*s", OPTION_COLUMNS, "");
        start = out->len - OPTION_COLUMNS;
    }
    add_wrapped(
        out,
        arena_print(out->arena, "%s%s%s", row->help, choices_of(out->arena, row), row->initial ? "" : " [required]"),
        "", out->len - start, OPTION_COLUMNS, "");
}

const char *help_text(struct arena *arena, const struct channel *channel)
{
    struct str out = str_in(arena, HELP_MOST);

    str_addf(&out, "notify_%s - %s\n\n", channel->name, channel->summary);
    str_addf(&out, "  notify_%s [OPTION VALUE]... -- TO SUBJECT MESSAGE [KEY=VALUE]...\n", channel->name);
    str_addf(&out, "  notify_%s [OPTION VALUE]... --type PROBLEM --host H --service S ...\n\n", channel->name);
    str_add(&out, "Event:   --to --subject --message --severity --type --host --service --state ...\n"
                  "Control: --config --profile --template --deadline --dry-run --verbose --source\n"
                  "         --limit-per-minute --limit-exempt --retry-attempts ...\n"
                  "This channel, in a section of notification.conf or here:\n");
    for (const struct option_row *row = channel->options; row->name; row++)
        add_option(&out, row);
    str_add(&out, "\nExample:\n ");
    add_wrapped(&out, arena_print(arena, "notify_%s %s %s", channel->name, channel->example, EXAMPLE_EVENT), "-", 1, 4,
                " \\");
    str_addf(&out, "\nEverything else: man notify_%s\n", channel->name);
    return out.text;
}

const char *help_of_route(void)
{
    return "notify_route - tells the right people by the configuration's routes\n\n"
           "  notify_route [OPTION VALUE]... -- TO SUBJECT MESSAGE [KEY=VALUE]...\n"
           "  notify_route [OPTION VALUE]... --type PROBLEM --host H --service S ...\n\n"
           "  route \"urgent\" { severity = \"critical\"  channels = {\"ops\", \"sms\"}  to = {\"@dba\"} }\n\n"
           "The first route that fits takes the event. `channels` are tried in their order, the\n"
           "next when the one before did not deliver; `also` are told always. --to takes the\n"
           "place of the route's `to`; --to SECTION[:TARGET] goes there and asks no route.\n\n"
           "Event:   --to --subject --message --severity --type --host --service --state ...\n"
           "Control: --config --template --deadline --dry-run --verbose --source --json\n"
           "         --limit-per-minute --limit-exempt --retry-attempts ...\n\n"
           "--json prints success, success_channels, failed_channels, suppressed in place of lines.\n\n"
           "Example:\n  notify_route --subject 'disk full' --message '/data 95%' --severity critical\n\n"
           "What it would do, and why: notifyctl why. Everything else: man notify_route\n";
}

const char *help_of_command(struct arena *arena, const char *program, const char *command, const char *arguments,
                            const char *summary)
{
    struct str out = str_in(arena, HELP_MOST);

    str_addf(&out, "%s %s - %s\n\n ", program, command, summary);
    add_wrapped(&out, arena_print(arena, "%s %s %s", program, command, arguments), "[|-", 1, 4, "");
    str_addf(&out, "\nEverything else: man %s\n", program);
    return out.text;
}

const char *version_text(struct arena *arena, const char *program)
{
    return arena_print(arena, "%s (notification-plugins) %s\n", program, NOTIFY_VERSION);
}
