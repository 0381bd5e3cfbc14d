/* csv - lines of RFC 4180, for spreadsheets. */
#ifndef PLUGINS_NOTIFYCTL_CSV_H
#define PLUGINS_NOTIFYCTL_CSV_H

#include <stddef.h>

/* One line on stdout. A text that a spreadsheet would take for a formula is made harmless. */
void csv_print(const char *const *fields, size_t count);

#endif
