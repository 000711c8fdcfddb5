#include "host/inet_diag_requests.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <cstring>
#include <span>

#include "host/inet_diag_bytecode.h"

namespace tunewire {
namespace {

constexpr unsigned Bit(int extension) { return 1U << (extension - 1); }

// MEMINFO says nothing that SKMEMINFO does not. Whoever asks for the traffic class of IPv6 gets the
// class id of net_cls with it.
constexpr __u8 kExtensions = Bit(INET_DIAG_INFO) | Bit(INET_DIAG_CONG) | Bit(INET_DIAG_TOS) |
                             Bit(INET_DIAG_TCLASS) | Bit(INET_DIAG_SKMEMINFO) |
                             Bit(INET_DIAG_SHUTDOWN);

inet_diag_req_v2 RequestFor(int family) {
  inet_diag_req_v2 request{};
  request.sdiag_family = static_cast<__u8>(family);
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_ext = kExtensions;
  return request;
}

template <class T>
void Append(std::vector<std::byte>& messages, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  messages.insert(messages.end(), bytes.begin(), bytes.end());
}

/// All that is appended has sizes that netlink needs no padding for.
void AppendHead(std::vector<std::byte>& messages, int type, std::size_t payload, unsigned flags,
                std::uint32_t sequence) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<__u32>(sizeof header + payload);
  header.nlmsg_type = static_cast<__u16>(type);
  header.nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | flags);
  header.nlmsg_seq = sequence;
  Append(messages, header);
}

void AppendProgram(std::vector<std::byte>& messages, const std::vector<std::byte>& program) {
  if (program.empty()) return;
  nlattr head{};
  head.nla_len = static_cast<__u16>(sizeof head + program.size());
  head.nla_type = INET_DIAG_REQ_BYTECODE;
  Append(messages, head);
  messages.insert(messages.end(), program.begin(), program.end());
}

template <class Request>
void AppendDump(std::vector<std::byte>& messages, int type, const Request& request,
                const std::vector<std::byte>& program, std::uint32_t sequence) {
  const std::size_t attribute = program.empty() ? 0 : sizeof(nlattr) + program.size();
  AppendHead(messages, type, sizeof request + attribute, NLM_F_DUMP, sequence);
  Append(messages, request);
  AppendProgram(messages, program);
}

}  // namespace

void AppendDumpRequest(std::vector<std::byte>& messages, const SocketFilter& filter,
                       std::uint32_t sequence) {
  const std::vector<std::byte> program = CompileFilter(filter);
  if (MayPass(filter, AF_INET)) {
    inet_diag_req request{};
    request.idiag_ext = kExtensions;
    request.idiag_states = filter.states;
    return AppendDump(messages, TCPDIAG_GETSOCK, request, program, sequence);
  }
  inet_diag_req_v2 request = RequestFor(AF_INET6);
  request.idiag_states = filter.states;
  AppendDump(messages, SOCK_DIAG_BY_FAMILY, request, program, sequence);
}

void AppendExactRequest(std::vector<std::byte>& messages, const SocketName& name,
                        std::uint32_t sequence) {
  AppendHead(messages, SOCK_DIAG_BY_FAMILY, sizeof(inet_diag_req_v2), 0, sequence);
  inet_diag_req_v2 request = RequestFor(name.local.v6 ? AF_INET6 : AF_INET);
  request.id.idiag_sport = htons(name.local.port);
  request.id.idiag_dport = htons(name.remote.port);
  std::memcpy(request.id.idiag_src, name.local.address.data(), sizeof request.id.idiag_src);
  std::memcpy(request.id.idiag_dst, name.remote.address.data(), sizeof request.id.idiag_dst);
  request.id.idiag_if = name.interface;
  request.id.idiag_cookie[0] = static_cast<__u32>(name.cookie);
  request.id.idiag_cookie[1] = static_cast<__u32>(name.cookie >> 32U);
  Append(messages, request);
}

bool IsSocketAnswer(std::uint16_t message_type) {
  return message_type == SOCK_DIAG_BY_FAMILY || message_type == TCPDIAG_GETSOCK;
}

}  // namespace tunewire
