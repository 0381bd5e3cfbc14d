/* duty - who is on call: "dba" or "dba/secondary" of the configuration, as a contact. */
#ifndef COMMON_DUTY_H
#define COMMON_DUTY_H

#include "common/route.h"

/* How often one rotation may send on to another. */
enum { DUTY_HOPS_MOST = 8 };

struct duty {
    const struct contact *contact; /* NULL for nobody */
    struct shift shift;  /* of the rotation asked, until something changes there or behind it; why: "otherwise", too */
    const char *by;      /* the rotation that names the contact at last */
    const char *trouble; /* why there is nobody, "" when there is somebody */
};

/* False when there is no rotation or layer of this name. */
bool duty_find(const struct config *config, const char *name, int64_t at_s, struct duty *duty);

#endif
