/* preview - a request as text: what would be sent, byte for byte but for the secrets, and how long each limited part is. Pure. */
#ifndef COMMON_PREVIEW_H
#define COMMON_PREVIEW_H

#include "common/request.h"
#include "common/secret.h"

/* Method, address, headers, body, and a line "markdown.text: 812 of 5000 bytes" for each measure. Secrets are "***". */
const char *preview_text(struct arena *arena, const struct request *request, const struct secrets *secrets);

#endif
