/* The addresses of this host, as its interfaces have them. */
#include "whoami.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

void each_address(void (*visit)(void *context, const char *ip), void *context) {
    struct ifaddrs *all;
    if (getifaddrs(&all)) return;
    for (struct ifaddrs *each = all; each; each = each->ifa_next) {
        char ip[INET6_ADDRSTRLEN];
        if (!each->ifa_addr) continue;
        int family = each->ifa_addr->sa_family;
        const void *bytes = family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)each->ifa_addr)->sin6_addr
                                               : (const void *)&((struct sockaddr_in *)each->ifa_addr)->sin_addr;
        if ((family == AF_INET || family == AF_INET6) && inet_ntop(family, bytes, ip, sizeof ip)) visit(context, ip);
    }
    freeifaddrs(all);
}
