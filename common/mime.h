/*
 * mime - the text of a mail: headers, dates, addresses, parts. RFC 5322, 2045 to 2047. Pure.
 *
 * Every line ends in CR LF and has at most 76 columns; whatever the texts hold, a header stays one header.
 */
#ifndef COMMON_MIME_H
#define COMMON_MIME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/fault.h"
#include "common/str.h"

struct mailbox {
    const char *name;    /* display name, "" when there is none */
    const char *address; /* local@domain in ASCII, safe for an envelope */
};

/*
 * Reads `Name <local@domain>`, `"Name" <local@domain>` or `local@domain`. The local part is letters, digits and
 * .!#$%&'*+-/=?^_`{|}~ (64 at most), the domain letters, digits, hyphens and dots; anything else is a fault of `kind`.
 */
bool mailbox_read(struct arena *arena, const char *text, enum fault_kind kind, struct mailbox *mailbox,
                  struct fault *fault);

/* What follows the @. */
const char *mailbox_domain(const struct mailbox *mailbox);

/* "Name: text", as RFC 2047 encoded-words when the text is not short and ASCII. Control characters become spaces. */
void mime_header(struct str *out, const char *name, const char *text);

void mime_mailbox_header(struct str *out, const char *name, const struct mailbox *mailbox);

/* "Tue, 24 Nov 2026 16:53:00 +0800" in the machine's time zone, English whatever the locale. */
const char *mime_date(struct arena *arena, int64_t seconds);

struct mime_part {
    const char *type; /* "text/plain" */
    const char *text; /* UTF-8, lines end in LF */
};

/*
 * The rest of a message after its own headers: MIME-Version and Content-Type, an empty line, the parts from the plainest
 * to the richest, in base64. `boundary` is at most 60 of [A-Za-z0-9]; "=_" before it keeps it out of every base64 text.
 */
void mime_alternative(struct str *out, const char *boundary, const struct mime_part *parts, size_t count);

#endif
