#include "host/ethtool_facts.h"

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/format.h"
#include "host/decode_ethtool.h"
#include "host/netlink_socket.h"

namespace tunewire {
namespace {

using Bytes = std::span<const std::byte>;

/// Enough for a card that fails; more than these are not asked one by one.
constexpr int kMostSingleQuestions = 64;

/// How one kind of answer gets into the facts, and what stands there without one.
struct Question {
  std::uint8_t command;
  std::function<void(InterfaceFacts&, Bytes)> fill;
  std::function<void(InterfaceFacts&, const std::string&)> leave;
};

template <class T>
void Leave(Known<T>& fact, const std::string& why) {
  fact = Known<T>::Unknown(why);
}

std::string Words(int os_error) { return Format("ethtool: {}", DescribeErrno(os_error)); }

class Conversation {
 public:
  /// Errors, in words: netlink, or the kernel has no such family.
  static tl::expected<Conversation, std::string> Open() {
    auto socket = NetlinkSocket::Open(NETLINK_GENERIC, DumpChecks::kLoose);
    if (!socket) return tl::unexpected("ethtool: " + socket.error().message);
    const int family = ::genl_ctrl_resolve(socket->get(), ETHTOOL_GENL_NAME);
    if (family == -NLE_OBJ_NOTFOUND) {
      return tl::unexpected<std::string>("no ethtool netlink family (Linux 5.6 has it)");
    }
    if (family < 0) {
      return tl::unexpected(Format("ethtool: {}", ::nl_geterror(family)));
    }
    return Conversation(std::move(*socket), family);
  }

  /// Names of features by bit; empty where the kernel does not tell.
  std::vector<std::string> FeatureNames();

  void Ask(const Question& question, std::vector<InterfaceFacts>& interfaces);

 private:
  Conversation(NetlinkSocket socket, int family) : socket_(std::move(socket)), family_(family) {}

  [[nodiscard]] NlMessage Request(std::uint8_t command, int flags, std::uint32_t index) const;
  int AskOne(const Question& question, InterfaceFacts& facts);

  NetlinkSocket socket_;
  int family_ = 0;
};

/// `index` 0: about all interfaces.
NlMessage Conversation::Request(std::uint8_t command, int flags, std::uint32_t index) const {
  NlMessage message(::nlmsg_alloc());
  if (!message || ::genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family_, 0, flags,
                                command, ETHTOOL_GENL_VERSION) == nullptr) {
    return {};
  }
  nlattr* const header = ::nla_nest_start(message.get(), ETHTOOL_A_LINKMODES_HEADER | NLA_F_NESTED);
  if (header == nullptr) return {};
  if (index != 0) ::nla_put_u32(message.get(), ETHTOOL_A_HEADER_DEV_INDEX, index);
  ::nla_put_u32(message.get(), ETHTOOL_A_HEADER_FLAGS, ETHTOOL_FLAG_COMPACT_BITSETS);
  ::nla_nest_end(message.get(), header);
  return message;
}

std::vector<std::string> Conversation::FeatureNames() {
  std::vector<std::string> names;
  const NlMessage message = Request(ETHTOOL_MSG_STRSET_GET, 0, 0);
  if (!message) return names;
  nlattr* const sets = ::nla_nest_start(message.get(), ETHTOOL_A_STRSET_STRINGSETS | NLA_F_NESTED);
  nlattr* const set =
      ::nla_nest_start(message.get(), ETHTOOL_A_STRINGSETS_STRINGSET | NLA_F_NESTED);
  if (sets == nullptr || set == nullptr) return names;
  ::nla_put_u32(message.get(), ETHTOOL_A_STRINGSET_ID, ETH_SS_FEATURES);
  ::nla_nest_end(message.get(), set);
  ::nla_nest_end(message.get(), sets);
  socket_.Ask(*message, [&](const NetlinkAnswer& answer) {
    names = DecodeFeatureNames(answer.payload);
    return GoOn::kYes;
  });
  return names;
}

int Conversation::AskOne(const Question& question, InterfaceFacts& facts) {
  const NlMessage message = Request(question.command, 0, facts.index);
  if (!message) return ENOMEM;
  int answered = ENODATA;
  const int error = socket_.Ask(*message, [&](const NetlinkAnswer& answer) {
    const auto decoded = DecodeEthtoolAnswer(answer.payload);
    if (decoded && decoded->index == facts.index) {
      question.fill(facts, decoded->attributes);
      answered = 0;
    }
    return GoOn::kYes;
  });
  return error != 0 ? error : answered;
}

/// A dump passes over drivers that have no such operation, and ends at the first that fails
/// otherwise (a card that is not there any more): the rest is asked one by one then.
void Conversation::Ask(const Question& question, std::vector<InterfaceFacts>& interfaces) {
  std::map<std::uint32_t, InterfaceFacts*> left;
  const auto begin = [&] {
    for (InterfaceFacts& one : interfaces) left[one.index] = &one;
  };
  const int error = AskWhole(
      socket_, [&] { return Request(question.command, NLM_F_DUMP, 0); }, begin,
      [&](const NetlinkAnswer& answer) {
        const auto decoded = DecodeEthtoolAnswer(answer.payload);
        const auto found = decoded ? left.find(decoded->index) : left.end();
        if (found == left.end()) return GoOn::kYes;
        question.fill(*found->second, decoded->attributes);
        left.erase(found);
        return GoOn::kYes;
      });
  int questions = 0;
  for (const auto& [index, facts] : left) {
    int why = error == 0 ? EOPNOTSUPP : error;
    if (error != 0 && ++questions <= kMostSingleQuestions) why = AskOne(question, *facts);
    if (why != 0) question.leave(*facts, Words(why));
  }
}

std::vector<Question> Questions(const std::vector<std::string>& feature_names) {
  return {
      {ETHTOOL_MSG_LINKMODES_GET,
       [](InterfaceFacts& facts, Bytes bytes) {
         facts.speed_mbps = DecodeSpeed(bytes);
         facts.duplex = DecodeDuplex(bytes);
       },
       [](InterfaceFacts& facts, const std::string& why) {
         Leave(facts.speed_mbps, why);
         Leave(facts.duplex, why);
       }},
      {ETHTOOL_MSG_RINGS_GET,
       [](InterfaceFacts& facts, Bytes bytes) { facts.rings = DecodeRings(bytes); },
       [](InterfaceFacts& facts, const std::string& why) { Leave(facts.rings, why); }},
      {ETHTOOL_MSG_CHANNELS_GET,
       [](InterfaceFacts& facts, Bytes bytes) { facts.channels = DecodeChannels(bytes); },
       [](InterfaceFacts& facts, const std::string& why) { Leave(facts.channels, why); }},
      {ETHTOOL_MSG_COALESCE_GET,
       [](InterfaceFacts& facts, Bytes bytes) { facts.coalescing = DecodeCoalescing(bytes); },
       [](InterfaceFacts& facts, const std::string& why) { Leave(facts.coalescing, why); }},
      {ETHTOOL_MSG_FEATURES_GET,
       [feature_names](InterfaceFacts& facts, Bytes bytes) {
         facts.offloads = DecodeOffloads(bytes, feature_names);
       },
       [](InterfaceFacts& facts, const std::string& why) { Leave(facts.offloads, why); }},
  };
}

}  // namespace

void AddEthtoolFacts(std::vector<InterfaceFacts>& interfaces) {
  auto conversation = Conversation::Open();
  if (!conversation) {
    for (const Question& question : Questions({})) {
      for (InterfaceFacts& one : interfaces) question.leave(one, conversation.error());
    }
    return;
  }
  for (const Question& question : Questions(conversation->FeatureNames())) {
    conversation->Ask(question, interfaces);
  }
}

}  // namespace tunewire
