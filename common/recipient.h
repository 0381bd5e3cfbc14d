/*
 * recipient - whom a text means, and how a channel writes them.
 *
 * The text is "[section][:target[,target]]"; a target is "@contact", "@rotation", "@rotation/layer", "@all", or an address. An
 * address that a contact lists becomes that contact's address on the channel.
 */
#ifndef COMMON_RECIPIENT_H
#define COMMON_RECIPIENT_H

#include "common/duty.h"

/* What recipients are looked up in. */
struct recipient_book {
    struct arena *arena;
    const struct config *config;
    int64_t now_s; /* who is on call then */
    /* Somebody is left out; `why` completes "recipient 'target' ...". May be NULL. */
    void (*note)(void *self, const char *target, const char *why);
    void *self;
};

/* Addresses for one channel, each once. */
struct recipients {
    const struct channel *channel;
    const char **items;
    size_t count;
};

/* Adds what the target means on the channel; what it cannot write is left out, with a note. */
void recipients_add(const struct recipient_book *book, struct recipients *recipients, const char *target);

/*
 * The first colon divides only when its left side is a section's title; without a colon the text is a section's title, else
 * targets. *title is "" when it names none.
 */
void recipient_split(const struct recipient_book *book, const char *text, const char **title,
                     struct text_list *targets);

#endif
