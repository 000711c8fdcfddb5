// net.ipv6.conf.all: switches that overwrite the values of every interface.
#pragma once

#include "catalog/rows/fields.h"

namespace tunewire::rows {

inline constexpr Tunable kIpv6ConfAll[] = {
    {.key = "net.ipv6.conf.all.forwarding",
     .fields = kInt<0, 2, kAccepted, kAccepted>,
     .module = "ipv6",
     .coupled = kKeys<"net.ipv6.conf.*.forwarding", "net.ipv6.conf.*.force_forwarding">,
     .summary = "1 makes this host an IPv6 router; a change resets the forwarding value of every "
                "interface",
     .source = "ip-sysctl.rst conf/all/forwarding"},
    {.key = "net.ipv6.conf.all.force_forwarding",
     .fields = kSwitch,
     .unit = kFlag,
     .module = "ipv6",
     .since = "6.17",
     .coupled = kKeys<"net.ipv6.conf.*.force_forwarding">,
     .summary = "Sets force_forwarding of every interface",
     .source = "ip-sysctl.rst force_forwarding"},
    {.key = "net.ipv6.conf.all.disable_ipv6",
     .fields = kIntSwitch,
     .unit = kFlag,
     .module = "ipv6",
     .coupled = kKeys<"net.ipv6.conf.*.disable_ipv6">,
     .summary = "1 turns IPv6 off everywhere; a change overwrites every interface's own value",
     .source = "ip-sysctl.rst disable_ipv6"},
    {.key = "net.ipv6.conf.all.addr_gen_mode",
     .fields = kInt<0, 3>,
     .module = "ipv6",
     .since = "4.11",
     .coupled = kKeys<"net.ipv6.conf.*.addr_gen_mode">,
     .summary = "How every interface makes its addresses: overwrites their own values",
     .source = "ip-sysctl.rst addr_gen_mode"},
    {.key = "net.ipv6.conf.all.ignore_routes_with_linkdown",
     .fields = kIntSwitch,
     .unit = kFlag,
     .module = "ipv6",
     .coupled = kKeys<"net.ipv6.conf.*.ignore_routes_with_linkdown">,
     .summary = "Sets ignore_routes_with_linkdown of every interface",
     .source = "ip-sysctl.rst ignore_routes_with_linkdown"},
    {.key = "net.ipv6.conf.all.mtu",
     .fields = kInt<1280, 65535, kRefused, kAccepted>,
     .unit = kBytes,
     .module = "ipv6",
     .summary = "Packet size that IPv6 is told of for all interfaces; each one's own counts",
     .source = "ip-sysctl.rst mtu"},
};

}  // namespace tunewire::rows
