// Tcp, Udp, UdpLite, Ip, IpExt and Icmp.
#include <array>

#include "sockets/counter_rows.h"

namespace tunewire {
namespace {

using enum CounterWeight;

// clang-format off: one counter a row, its words below
constexpr std::array kRows{
    CounterWord{"Tcp", "ActiveOpens", kTraffic, "connections", "begun from here"},
    CounterWord{"Tcp", "PassiveOpens", kTraffic, "connections", "begun by peers"},
    CounterWord{"Tcp", "AttemptFails", kWorthALook, "connections",
                "refused or given up in the handshake"},
    CounterWord{"Tcp", "EstabResets", kWorthALook, "connections", "reset after they stood"},
    CounterWord{"Tcp", "InSegs", kTraffic, "segments", "received"},
    CounterWord{"Tcp", "OutSegs", kTraffic, "segments", "sent, retransmissions not counted"},
    CounterWord{"Tcp", "RetransSegs", kWorthALook, "segments", "sent again"},
    CounterWord{"Tcp", "InErrs", kTrouble, "segments", "malformed or damaged, dropped"},
    CounterWord{"Tcp", "InCsumErrors", kTrouble, "segments",
                "with a wrong checksum: damaged on the way, or by a card"},
    CounterWord{"Tcp", "OutRsts", kWorthALook, "resets",
                "sent: nobody listens there, or a program gave up"},

    CounterWord{"Udp", "InDatagrams", kTraffic, "datagrams", "handed to programs"},
    CounterWord{"Udp", "OutDatagrams", kTraffic, "datagrams", "sent"},
    CounterWord{"Udp", "NoPorts", kWorthALook, "datagrams", "to a port nobody has open"},
    CounterWord{"Udp", "InErrors", kTrouble, "datagrams",
                "received, but lost for some reason below"},
    CounterWord{"Udp", "RcvbufErrors", kTrouble, "datagrams",
                "lost because the socket's receive buffer was full (rmem_default, SO_RCVBUF)"},
    CounterWord{"Udp", "SndbufErrors", kTrouble, "datagrams",
                "not sent because the socket's send buffer was full"},
    CounterWord{"Udp", "MemErrors", kTrouble, "datagrams", "lost because udp_mem was used up"},
    CounterWord{"Udp", "InCsumErrors", kTrouble, "datagrams", "with a wrong checksum"},
    CounterWord{"Udp", "IgnoredMulti", kTraffic, "datagrams",
                "multicast or broadcast that no socket wanted"},
    CounterWord{"UdpLite", "InErrors", kTrouble, "datagrams", "received, but lost"},
    CounterWord{"UdpLite", "RcvbufErrors", kTrouble, "datagrams",
                "lost because the socket's receive buffer was full"},

    CounterWord{"Ip", "InReceives", kTraffic, "packets", "received, IPv4"},
    CounterWord{"Ip", "InDelivers", kTraffic, "packets", "handed to a protocol"},
    CounterWord{"Ip", "OutRequests", kTraffic, "packets", "sent from here"},
    CounterWord{"Ip", "OutTransmits", kTraffic, "packets", "given to devices"},
    CounterWord{"Ip", "ForwDatagrams", kTraffic, "packets", "forwarded"},
    CounterWord{"Ip", "InHdrErrors", kTrouble, "packets", "with a broken header, or TTL 0"},
    CounterWord{"Ip", "InAddrErrors", kWorthALook, "packets", "to an address that is not ours"},
    CounterWord{"Ip", "InUnknownProtos", kWorthALook, "packets", "of a protocol nobody handles"},
    CounterWord{"Ip", "InDiscards", kTrouble, "packets", "received and dropped for lack of memory"},
    CounterWord{"Ip", "OutDiscards", kTrouble, "packets",
                "not sent: a queue was full, or memory was short"},
    CounterWord{"Ip", "OutNoRoutes", kWorthALook, "packets", "not sent: no route leads there"},
    CounterWord{"Ip", "ReasmReqds", kWorthALook, "fragments", "received, to be put together"},
    CounterWord{"Ip", "ReasmOKs", kTraffic, "packets", "put together from fragments"},
    CounterWord{"Ip", "ReasmFails", kTrouble, "packets",
                "fragments that could not be put together: some were lost"},
    CounterWord{"Ip", "ReasmTimeout", kTrouble, "packets", "fragments waited for in vain"},
    CounterWord{"Ip", "FragOKs", kWorthALook, "packets", "cut into fragments to fit the MTU"},
    CounterWord{"Ip", "FragCreates", kWorthALook, "fragments", "made"},
    CounterWord{"Ip", "FragFails", kTrouble, "packets",
                "too large, and not allowed to be cut: path MTU discovery"},

    CounterWord{"IpExt", "InNoRoutes", kTrouble, "packets", "received and dropped: no route"},
    CounterWord{"IpExt", "InTruncatedPkts", kTrouble, "packets", "shorter than their header says"},
    CounterWord{"IpExt", "InCsumErrors", kTrouble, "packets", "with a wrong header checksum"},
    CounterWord{"IpExt", "ReasmOverlaps", kTrouble, "packets",
                "with overlapping fragments: dropped"},
    CounterWord{"IpExt", "InOctets", kTraffic, "bytes", "received"},
    CounterWord{"IpExt", "OutOctets", kTraffic, "bytes", "sent"},
    CounterWord{"IpExt", "InMcastPkts", kTraffic, "packets", "multicast, received"},
    CounterWord{"IpExt", "OutMcastPkts", kTraffic, "packets", "multicast, sent"},
    CounterWord{"IpExt", "InMcastOctets", kTraffic, "bytes", "of multicast, received"},
    CounterWord{"IpExt", "OutMcastOctets", kTraffic, "bytes", "of multicast, sent"},
    CounterWord{"IpExt", "InBcastPkts", kTraffic, "packets", "broadcast, received"},
    CounterWord{"IpExt", "OutBcastPkts", kTraffic, "packets", "broadcast, sent"},
    CounterWord{"IpExt", "InBcastOctets", kTraffic, "bytes", "of broadcast, received"},
    CounterWord{"IpExt", "OutBcastOctets", kTraffic, "bytes", "of broadcast, sent"},
    CounterWord{"IpExt", "InNoECTPkts", kTraffic, "packets", "received without ECN"},
    CounterWord{"IpExt", "InECT0Pkts", kTraffic, "packets", "received, ECN-capable, ECT(0)"},
    CounterWord{"IpExt", "InECT1Pkts", kTraffic, "packets", "received, ECN-capable, ECT(1)"},
    CounterWord{"IpExt", "InCEPkts", kWorthALook, "packets",
                "received with a congestion mark: a queue on the way is full"},

    CounterWord{"Icmp", "InMsgs", kTraffic, "messages", "received"},
    CounterWord{"Icmp", "OutMsgs", kTraffic, "messages", "sent"},
    CounterWord{"Icmp", "InErrors", kWorthALook, "messages", "malformed or of no use"},
    CounterWord{"Icmp", "InCsumErrors", kTrouble, "messages", "with a wrong checksum"},
    CounterWord{"Icmp", "InDestUnreachs", kWorthALook, "messages",
                "received: something we sent was refused on the way"},
    CounterWord{"Icmp", "OutDestUnreachs", kWorthALook, "messages",
                "sent: nobody takes a port or address here"},
    CounterWord{"Icmp", "InTimeExcds", kWorthALook, "messages",
                "received: a packet of ours ran out of hops"},
    CounterWord{"Icmp", "OutTimeExcds", kWorthALook, "messages",
                "sent: a packet ran out of hops here"},
    CounterWord{"Icmp", "InRedirects", kWorthALook, "messages",
                "received: another router is nearer"},
    CounterWord{"Icmp", "OutRedirects", kWorthALook, "messages", "sent: another router is nearer"},
    CounterWord{"Icmp", "InParmProbs", kWorthALook, "messages",
                "received: a header of ours was refused"},
    CounterWord{"Icmp", "InEchos", kTraffic, "requests", "pings received"},
    CounterWord{"Icmp", "InEchoReps", kTraffic, "answers", "to pings, received"},
    CounterWord{"Icmp", "OutEchos", kTraffic, "requests", "pings sent"},
    CounterWord{"Icmp", "OutEchoReps", kTraffic, "answers", "to pings, sent"},
    CounterWord{"Icmp", "OutErrors", kWorthALook, "messages", "that could not be sent"},
    CounterWord{"Icmp", "OutRateLimitGlobal", kWorthALook, "messages",
                "not sent: the host's limit of ICMP is reached (icmp_msgs_per_sec)"},
    CounterWord{"Icmp", "OutRateLimitHost", kWorthALook, "messages",
                "not sent: the limit of ICMP towards one host is reached (icmp_ratelimit)"},
};
// clang-format on

}  // namespace

std::span<const CounterWord> ProtocolCounters() { return kRows; }

}  // namespace tunewire
