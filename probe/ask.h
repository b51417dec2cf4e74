/* One question to a service that is connected. The verdict: true is healthy; `say` gets what to tell of it. */
#ifndef PROBE_ASK_H
#define PROBE_ASK_H

#include "net.h"
#include "text.h"

bool ask_http(struct net *c, const struct probe_url *u, struct probe_line *say);
bool ask_grpc(struct net *c, const struct probe_url *u, struct probe_line *say);

/* "connection refused", or "error 5". Always false. */
bool ask_failed(long error, struct probe_line *say);

#endif
