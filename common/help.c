#include "common/help.h"

#include <string.h>

#include "common/str.h"

enum { HELP_MOST = 64 * 1024, OPTION_COLUMNS = 30 };

static const char *option_of(struct arena *arena, const struct option_row *row)
{
    char *name = arena_print(arena, "--%s%s %s", row->name, row->type == OPTION_TYPE_SECRET ? "-file" : "",
                             row->type == OPTION_TYPE_SECRET || row->type == OPTION_TYPE_FILE ? "FILE"
                             : row->type == OPTION_TYPE_FLAG                                  ? "yes|no"
                             : row->type == OPTION_TYPE_LIST                                  ? "ITEM"
                                                                                              : "TEXT");

    for (char *at = name; *at && *at != ' '; at++)
        if (*at == '_')
            *at = '-';
    return name;
}

static void add_option(struct str *out, const struct option_row *row)
{
    const char *option = option_of(out->arena, row);
    size_t len = strlen(option);

    str_addf(out, "  %s%*s%s", option, len < OPTION_COLUMNS ? (int)(OPTION_COLUMNS - len) : 1, "", row->help);
    if (row->type == OPTION_TYPE_CHOICE)
        str_addf(out, " (%s)", row->choices);
    str_add(out, row->initial ? "\n" : " [required]\n");
}

const char *help_text(struct arena *arena, const struct channel *channel)
{
    struct str out = str_in(arena, HELP_MOST);

    str_addf(&out, "notify_%s - %s\n\n", channel->name, channel->summary);
    str_addf(&out, "  notify_%s [OPTION VALUE]... [--] TO SUBJECT MESSAGE [KEY=VALUE]...   (Zabbix)\n", channel->name);
    str_addf(&out, "  notify_%s [OPTION VALUE]... --type PROBLEM --host H --service S --state CRITICAL ...\n\n",
             channel->name);
    str_add(&out, "Event:   --to --subject --message --severity --type --host --service --state --url ...\n"
                  "Control: --config FILE --profile NAME --template NAME --deadline SECONDS --dry-run --verbose\n"
                  "This channel (in a section of notification.conf, or here):\n");
    for (const struct option_row *row = channel->options; row->name; row++)
        add_option(&out, row);
    str_addf(&out, "\nExample:\n  notify_%s %s\n\nEverything else: man notify_%s\n", channel->name, channel->example,
             channel->name);
    return out.text;
}

const char *version_text(struct arena *arena, const char *program)
{
    return arena_print(arena, "%s (notification-plugins) %s\n", program, NOTIFY_VERSION);
}
