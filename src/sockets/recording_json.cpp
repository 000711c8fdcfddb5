#include "sockets/recording_json.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <vector>

#include "base/strict_json.h"
#include "sockets/recording_fields.h"
#include "tunewire/base/text.h"

namespace tunewire::recording {
namespace {

using Json = nlohmann::ordered_json;

// Numbers are the loader's: signed, 64 bits. What has all bits is written as its negative twin.
template <class T>
std::int64_t Signed(T number) {
  return static_cast<std::int64_t>(number);
}

// A command's name may be any bytes (prctl(2)), JSON's text may not: each byte as a number then.
Json TextJson(const std::string& text) {
  for (std::string_view left = text; !left.empty();) {
    const std::size_t length = left.front() == '\0' ? 0 : Utf8Length(left);
    if (length == 0) {
      Json bytes = Json::array();
      for (const char byte : text) bytes.push_back(static_cast<unsigned char>(byte));
      return bytes;
    }
    left.remove_prefix(length);
  }
  return text;
}

class Writer {
 public:
  explicit Writer(Json& into) : into_(into) {}

  template <class T>
  void operator()(const char* name, const std::optional<T>& value) const {
    if (value) Put(name, *value);
  }
  void operator()(const char* name, int value) const { Put(name, value); }

 private:
  void Put(const char* name, bool value) const { into_[name] = value; }
  void Put(const char* name, const std::string& value) const { into_[name] = TextJson(value); }
  void Put(const char* name, const std::array<std::uint64_t, 3>& three) const {
    for (const std::uint64_t one : three) into_[name].push_back(Signed(one));
  }
  template <class T>
  requires std::is_integral_v<T>
  void Put(const char* name, T value) const { into_[name] = Signed(value); }

  Json& into_;
};

bool ReadValue(const JsonNode& node, bool& value) {
  value = node.boolean;
  return node.kind == JsonNode::Kind::kBoolean;
}

template <class T>
bool ReadValue(const JsonNode& node, T& value) {
  static_assert(std::is_integral_v<T>);
  value = static_cast<T>(node.integer);
  return node.kind == JsonNode::Kind::kInteger && Signed(value) == node.integer;
}

bool ReadValue(const JsonNode& node, std::string& value) {
  if (node.kind == JsonNode::Kind::kString) {
    value = node.text;
    return true;
  }
  if (node.kind != JsonNode::Kind::kArray) return false;
  value.clear();
  for (const JsonNode& item : node.items) {
    std::uint8_t byte = 0;
    if (!ReadValue(item, byte)) return false;
    value.push_back(static_cast<char>(byte));
  }
  return true;
}

bool ReadValue(const JsonNode& node, std::array<std::uint64_t, 3>& three) {
  if (node.kind != JsonNode::Kind::kArray || node.items.size() != three.size()) return false;
  bool good = true;
  for (std::size_t at = 0; at < three.size(); ++at) good &= ReadValue(node.items[at], three[at]);
  return good;
}

bool ReadValue(const JsonNode& node, std::vector<int>& numbers) {
  if (node.kind != JsonNode::Kind::kArray) return false;
  numbers.resize(node.items.size());
  bool good = true;
  for (std::size_t at = 0; at < numbers.size(); ++at)
    good &= ReadValue(node.items[at], numbers[at]);
  return good;
}

/// Fields may be missing; `good` says whether those that are there are right.
class Reader {
 public:
  Reader(const JsonNode& from, bool& good) : from_(from), good_(good) {}

  template <class T>
  void operator()(const char* name, std::optional<T>& value) const {
    const JsonNode* node = from_.Find(name);
    if (node == nullptr) return;
    value.emplace();
    good_ = ReadValue(*node, *value) && good_;
  }
  template <class T>
  void operator()(const char* name, T& value) const {
    const JsonNode* node = from_.Find(name);
    if (node != nullptr) good_ = ReadValue(*node, value) && good_;
  }

 private:
  const JsonNode& from_;
  bool& good_;
};

std::optional<JsonNode> ObjectIn(std::string_view text) {
  Result<JsonNode> node = ParseStrictJson("recording", text, {});
  if (!node || node->kind != JsonNode::Kind::kObject) return std::nullopt;
  return *std::move(node);
}

}  // namespace

std::string AroundJson(const SocketSurroundings& around, std::string_view kernel) {
  Json json = Json::object();
  json["kernel"] = TextJson(std::string(kernel));
  json["unreadable"] = Signed(around.unreadable);
  json["pids"] = around.pids;
  Json& settings = json["settings"] = Json::object();
  EachSetting(around.settings, Writer(settings));
  return json.dump();
}

std::string ProcessJson(const Process& process) {
  Json json = Json::object();
  json["pid"] = process.id.pid;
  json["start_ticks"] = Signed(process.id.start_ticks);
  json["command"] = TextJson(process.command);
  json["executable"] = TextJson(process.executable);
  json["unit"] = TextJson(process.unit);
  json["user_manager"] = TextJson(process.user_manager);
  return json.dump();
}

std::string OptionsJson(std::uint64_t inode, const SocketOptions& options) {
  Json json = Json::object();
  json["inode"] = Signed(inode);
  EachOption(options, Writer(json));
  return json.dump();
}

bool ReadAround(std::string_view text, SocketSurroundings& around) {
  const auto json = ObjectIn(text);
  const JsonNode* settings = json ? json->Find("settings") : nullptr;
  if (settings == nullptr || settings->kind != JsonNode::Kind::kObject) return false;
  bool good = true;
  Reader(*json, good)("unreadable", around.unreadable);
  Reader(*json, good)("pids", around.pids);
  EachSetting(around.settings, Reader(*settings, good));
  return good;
}

std::optional<Process> ReadProcess(std::string_view text) {
  const auto json = ObjectIn(text);
  if (!json) return std::nullopt;
  bool good = json->Find("pid") != nullptr;
  Process process;
  const Reader read(*json, good);
  read("pid", process.id.pid);
  read("start_ticks", process.id.start_ticks);
  read("command", process.command);
  read("executable", process.executable);
  read("unit", process.unit);
  read("user_manager", process.user_manager);
  return good ? std::optional(process) : std::nullopt;
}

std::optional<std::pair<std::uint64_t, SocketOptions>> ReadOptions(std::string_view text) {
  const auto json = ObjectIn(text);
  if (!json) return std::nullopt;
  bool good = json->Find("inode") != nullptr;
  std::pair<std::uint64_t, SocketOptions> read;
  const Reader reader(*json, good);
  reader("inode", read.first);
  EachOption(read.second, reader);
  return good ? std::optional(read) : std::nullopt;
}

}  // namespace tunewire::recording
