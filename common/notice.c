#include "common/notice.h"

bool notice_put(const struct world *world, const struct config *config, struct store *store, struct leg *leg,
                const struct notice *notice, bool *placed, struct fault *fault)
{
    struct arena *arena = world->arena;
    struct chain chain = {.legs = leg, .leg_count = 1};
    const char *id = arena_print(arena, "o%011llx%s", (unsigned long long)world_wall_ms(world), world_hex(world, 6));
    struct admission_ask ask = asking_for(world, config, &chain, notice->event, id, "", 0);
    struct admission_answer answer;

    ask.limits = ask.recipient_limits = (struct limits){0};
    ask.beyond_mutes = true;
    ask.repeat_within_ms = notice->again_after_ms;
    ask.reason = "operator";
    if (!admission_ask(store, arena, &ask, &answer, fault) || !store_promise(store, fault))
        return false;
    *placed = answer.admission == ADMITTED || answer.admission == QUEUED;
    return true;
}
