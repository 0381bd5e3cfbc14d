/* email_headers - what a mail's headers say of its message: subject, thread, importance. */
#ifndef PLUGINS_EMAIL_HEADERS_H
#define PLUGINS_EMAIL_HEADERS_H

#include "common/message.h"
#include "common/mime.h"
#include "common/str.h"

/* "[Critical] CPU load is high db-01": level, core and host, so that problem and recovery differ in the bracket only. */
const char *email_subject(struct arena *arena, const struct message *message);

/* Message-ID and, for all but a problem's first mail, In-Reply-To and References. */
void email_add_thread(struct str *out, const struct message *message, const struct mailbox *from,
                      const struct mailbox *to);

void email_add_importance(struct str *out, const struct message *message);

/* Sixteen hex digits. */
const char *email_hash(struct arena *arena, const char *text);

#endif
