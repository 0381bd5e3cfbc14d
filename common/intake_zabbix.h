/* intake_zabbix - the pieces of a Zabbix call: the block before a message, and the stock messages without one. */
#ifndef COMMON_INTAKE_ZABBIX_H
#define COMMON_INTAKE_ZABBIX_H

#include "common/intake_facts.h"

/* A copy in which CR LF and lone CR are LF: imported media types arrive with CR LF. */
char *lines_normalise(struct arena *arena, const char *text);

/* Cuts the line at *text off and moves behind it. */
char *lines_take(char **text);

/* True when `text` begins with the whole of `line`. */
bool lines_begin(const char *text, const char *line);

/*
 * Adds what the block at the beginning of *message says, by the names of zabbix_keys[], and moves *message behind it.
 * False, and nothing is touched, when there is no block. The message is cut into lines where it stands.
 */
bool zabbix_block_read(struct facts *said, char **message);

/* KEY=VALUE operands; whatever is no key is passed over. */
void zabbix_operands_read(struct facts *said, char *const *operands, size_t count);

/*
 * A message without a block: what the stock messages of Zabbix' media types say, from their subject's prefix and the
 * lines of their text. Adds the subject without the prefix, so that a problem and its recovery have the same.
 */
void zabbix_stock_read(struct facts *facts, const char *subject, const char *message);

/* The kind of an update: closed, acknowledged, or anything else. `action` is {EVENT.UPDATE.ACTION}. */
enum event_kind zabbix_update_kind(const char *action);

#endif
