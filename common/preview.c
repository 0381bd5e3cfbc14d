#include "common/preview.h"

#include "common/str.h"

enum { PREVIEW_MOST = 8 * 1024 * 1024 };

static const char *unit_name(enum unit unit)
{
    switch (unit) {
    case UNIT_BYTES:
        return "bytes";
    case UNIT_CHARACTERS:
        return "characters";
    case UNIT_UTF16:
        return "UTF-16 units";
    }
    return "";
}

static void add_mail(struct str *out, const struct mail *mail)
{
    str_addf(out, "MAIL FROM:<%s>\nRCPT TO:<%s>\n", mail->from, mail->to);
}

static void add_http(struct str *out, const struct request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        str_addf(out, "%s\n", request->headers[i]);
}

const char *preview_text(struct arena *arena, const struct request *request, const struct secrets *secrets)
{
    struct str out = str_in(arena, PREVIEW_MOST);

    str_addf(&out, "%s %s\n", request->mail ? "SMTP" : request->method, request->url);
    if (request->mail)
        add_mail(&out, request->mail);
    else
        add_http(&out, request);
    str_add(&out, "\n");
    str_addn(&out, request->body, request->body_len);
    str_add(&out, "\n");
    for (size_t i = 0; i < request->measure_count; i++) {
        const struct measure *measure = &request->measures[i];

        str_addf(&out, "# %s: %zu of %zu %s\n", measure->what, measure->length, measure->most,
                 unit_name(measure->unit));
    }
    return secrets_mask(arena, secrets, out.text);
}
