/*
 * journal - everything that arrives, one JSON object a line; the record that --show and a page read.
 *
 * {"number":1,"time_ms":..,"channel":"dingtalk","verdict":"accepted","code":"","why":"","proof":"verified",
 *  "proof_of":"signature","format":"markdown","title":"..","text":"..","color":"","thread":"","mentions":[".."],
 *  "recipients":[".."],"buttons":[{"name":"..","value":".."}],"facts":[..],"notes":[".."],
 *  "answer":{"status":200,"body":".."},"request":{"method":"POST","target":"..","headers":[{..}],"body":".."}}
 * Texts are clean UTF-8 (utf8_clean); the accounts' secrets are masked.
 */
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include "common/fault.h"
#include "common/secret.h"
#include "plugins/sandbox/exchange.h"
#include "plugins/sandbox/show.h"

struct journal {
    int descriptor; /* -1: entries are shown as they come */
    const struct showing *showing;
    unsigned long count;
    const struct secrets *secrets;
};

/*
 * Appends to `path`; with "" every message is shown by `showing` instead. FAULT_SYSTEM when it cannot be opened. Secrets and
 * showing are kept.
 */
bool journal_open(struct journal *journal, const char *path, const struct secrets *secrets,
                  const struct showing *showing, struct fault *fault);

/* Writes one line, whole or not at all; complains on stderr when the disk refuses. */
void journal_add(struct journal *journal, const struct exchange *exchange);

#endif
