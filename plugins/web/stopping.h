/* stopping - SIGTERM and SIGINT as something to poll for. */
#ifndef WEB_STOPPING_H
#define WEB_STOPPING_H

/* From now on they wait; the descriptor can be read when one has come. -1 when it cannot be had. */
int stopping_signals(void);

#endif
