/* fields - values as providers write them: base64 and templates with variables. Names and values: plugins/web/pairs.h. */
#ifndef SANDBOX_FIELDS_H
#define SANDBOX_FIELDS_H

#include "plugins/web/pairs.h"

/* RFC 4648 section 4, with or without padding; NULL when it is not base64. NUL-terminated. */
unsigned char *base64_read(struct arena *arena, const char *text, size_t *len);

/*
 * A provider's template with its variables filled in: `open` begins one ("${" or "{"), '}' ends it. A variable that is not in
 * `values` becomes nothing.
 */
const char *template_filled(struct arena *arena, const char *template, const char *open, const struct pairs *values);

#endif
