// The one file that knows CLI11.
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/format.h"
#include "cli/command_table.h"
#include "report/layout.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestConfirm = std::chrono::hours(24);

/// What CLI11 writes into; turned into an Invocation once the whole line was understood.
struct Raw {
  bool json = false, quiet = false, verbose = false;
  bool exit_code = false, yes = false, skip_missing = false, force = false;
  bool persist = false;
  std::string color = "auto", netns, state_dir, root;
  std::string confirm, key, tx, deadline_of, out, profile_name;
  std::vector<std::string> names;
};

void AddGlobalOptions(CLI::App& app, Raw& raw) {
  app.add_flag("--json", raw.json, "one JSON document instead of text");
  app.add_flag("-q,--quiet", raw.quiet, "only the answer");
  app.add_flag("-v,--verbose", raw.verbose, "everything, explained");
  app.add_option("--color", raw.color, "auto, always or never")->type_name("WHEN");
  app.add_option("--netns", raw.netns, "in this network namespace")->type_name("NAME|PID|PATH");
  app.add_option("--state-dir", raw.state_dir, "where transactions are kept")->type_name("DIR");
  app.add_option("--root", raw.root, "a tree standing in for the host: DIR/proc/sys, DIR/etc")
      ->type_name("DIR");
}

void AddProfiles(CLI::App& command, Raw& raw) {
  command.add_option("PROFILE", raw.names, "a name, a path with a slash, or - for standard input")
      ->type_name("");
}

void AddTransaction(CLI::App& command, Raw& raw) {
  command.add_option("TX", raw.tx, "a transaction's number, or how it begins")->type_name("");
}

void AddCommandOptions(CLI::App& command, std::string_view name, Raw& raw) {
  if (name == "show")
    command.add_option("NAME", raw.names, "profiles, keys, globs, folders")->type_name("");
  if (name == "explain") command.add_option("KEY", raw.key, "a key")->type_name("");
  if (name == "plan" || name == "apply" || name == "verify") AddProfiles(command, raw);
  if (name == "plan")
    command.add_flag("--exit-code", raw.exit_code, "exit 1 where something would change");
  if (name == "apply") {
    command.add_option("--confirm", raw.confirm, "put back after this, unless confirmed")
        ->type_name("TIME");
    command.add_flag("-y,--yes", raw.yes, "do not ask");
    command.add_flag("--skip-missing", raw.skip_missing, "pass over keys that cannot be set here");
  }
  if (name == "lint" || name == "import")
    command.add_option("FILE", raw.names, "a file, or - for standard input")->type_name("");
  if (name == "import") {
    command.add_option("-o,--output", raw.out, "write this new file")->type_name("OUT");
    command.add_option("--name", raw.profile_name, "what the profile is called")->type_name("NAME");
  }
  if (name == "plan" || name == "apply")
    command.add_flag("--persist", raw.persist, "also write what the next boot reads");
  if (name == "confirm" || name == "rollback" || name == "history") AddTransaction(command, raw);
  if (name == "rollback")
    command.add_flag("--force", raw.force, "also keys that others changed since");
  if (name == "recover")
    command.add_option("--deadline", raw.deadline_of, "")->type_name("TX")->group("");
}

Error UsageError(std::string code, std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

std::string OptionLines(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || option->get_positional() || option->get_name() == "--help")
      continue;
    std::string left = option->get_name(false, true);
    std::replace(left.begin(), left.end(), ',', ' ');
    if (option->get_type_size() != 0) left += " " + option->get_type_name();
    text += left.size() > 24 ? Format("  {}\n{:26}", left, "") : Format("  {:<24}", left);
    text += option->get_description() + "\n";
  }
  return text;
}

std::string ProgramHelp(const CLI::App& app) {
  std::string text = "Examples:\n" + std::string(ProgramExamples());
  text +=
      "\nUsage: tunewire COMMAND [OPTIONS]\n\nTunes the network stack of this host, and takes it "
      "back.\n\nCommands:\n";
  for (const CommandEntry& entry : AllCommands())
    text += Format("  {:<10} {}\n", entry.name, entry.summary);
  text += "\nOptions, before or after the command:\n" + OptionLines(app);
  return text +
         "  --version               the version\n"
         "\n`tunewire COMMAND --help` shows a command's examples and options.\n";
}

std::string CommandHelp(const CommandEntry& entry, const CLI::App& command, const CLI::App& app) {
  std::string usage;
  for (const std::string& line : Wrap(Format("Usage: tunewire {} {}", entry.name, entry.usage), 76))
    usage += (usage.empty() ? "" : "\n    ") + line;
  std::string text = Format("Examples:\n{}\n{}\n\n{}\n", entry.examples, usage, entry.summary);
  const std::string own = OptionLines(command);
  if (!own.empty()) text += "\nOptions:\n" + own;
  return text + "\nOptions of every command:\n" + OptionLines(app);
}

std::vector<std::string> LongOptions(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

class Line {
 public:
  explicit Line(std::span<const char* const> words) : words_(words.begin(), words.end()) {
    app_.set_help_flag();
    app_.require_subcommand(0, 1);
    AddGlobalOptions(app_, raw_);
    app_.add_flag("-h,--help", help_, "")->group("");
    app_.add_flag("--version", version_, "")->group("");
    for (const CommandEntry& entry : AllCommands()) {
      CLI::App* command = app_.add_subcommand(std::string(entry.name));
      command->set_help_flag();
      command->fallthrough();
      AddCommandOptions(*command, entry.name, raw_);
    }
  }

  ParsedLine Parse() {
    try {
      std::vector<std::string> backwards(words_.rbegin(), words_.rend());
      app_.parse(std::move(backwards));
    } catch (const CLI::ExtrasError&) {
      return Refuse(Leftover());
    } catch (const CLI::ParseError& error) {
      return Refuse(Understood(error));
    }
    TakeGlobal();
    if (help_ || version_) return Print(help_ ? Help() : Version());
    const CommandEntry* entry = Chosen();
    if (entry == nullptr)
      return Refuse(UsageError("no_command", "which command?", "tunewire --help lists them"));
    if (const std::optional<Error> error = CheckGlobal()) return Refuse(*error);
    return Finish(*entry);
  }

 private:
  [[nodiscard]] const CommandEntry* Chosen() const {
    const std::vector<CLI::App*> chosen = app_.get_subcommands();
    return chosen.empty() ? nullptr : FindCommand(chosen.front()->get_name());
  }

  [[nodiscard]] std::string Help() const {
    const CommandEntry* entry = Chosen();
    return entry == nullptr ? ProgramHelp(app_)
                            : CommandHelp(*entry, *app_.get_subcommands().front(), app_);
  }

  static std::string Version() { return Format("tunewire {}\n", ProgramVersion()); }

  ParsedLine Print(std::string text) {
    parsed_.kind = ParsedLine::Kind::kPrint;
    parsed_.text = std::move(text);
    return std::move(parsed_);
  }

  ParsedLine Refuse(Error error) {
    TakeGlobal();
    // A line that was not understood to its end may still have asked for JSON.
    parsed_.invocation.global.json =
        std::find(words_.begin(), words_.end(), "--json") != words_.end();
    if (const CommandEntry* entry = Chosen()) parsed_.invocation.command = entry->name;
    parsed_.kind = ParsedLine::Kind::kRefused;
    parsed_.errors.push_back(std::move(error));
    return std::move(parsed_);
  }

  void TakeGlobal() {
    GlobalArguments& global = parsed_.invocation.global;
    global.json = raw_.json;
    global.detail = raw_.quiet ? Detail::kQuiet : raw_.verbose ? Detail::kVerbose : Detail::kNormal;
    global.color = raw_.color == "always"  ? ColorWish::kAlways
                   : raw_.color == "never" ? ColorWish::kNever
                                           : ColorWish::kAuto;
    global.netns = raw_.netns;
    global.state_dir = raw_.state_dir;
    global.root = raw_.root;
  }

  [[nodiscard]] std::optional<Error> CheckGlobal() const {
    if (raw_.color != "auto" && raw_.color != "always" && raw_.color != "never") {
      return UsageError("invalid_argument",
                        Format("--color {}: no such choice", Printable(raw_.color)),
                        "auto, always or never");
    }
    if (raw_.quiet && raw_.verbose)
      return UsageError("invalid_argument", "-q and -v exclude each other", "");
    if (!raw_.netns.empty() && !raw_.root.empty()) {
      return UsageError("invalid_argument", "--netns and --root exclude each other",
                        "a tree of files has no network namespace");
    }
    return std::nullopt;
  }

  /// What no option and no argument took: a mistyped command or option, or one word too many.
  [[nodiscard]] Error Leftover() const {
    const std::vector<std::string> rest = app_.remaining(true);
    const auto option = std::find_if(rest.begin(), rest.end(), [](const std::string& word) {
      return word.size() > 1 && word.front() == '-';
    });
    const CommandEntry* entry = Chosen();
    if (entry == nullptr && (option == rest.end() || option != rest.begin()) && !rest.empty())
      return NoSuchCommand(rest.front());
    if (option != rest.end()) return NoSuchOption(*option, entry);
    const std::string_view name = entry == nullptr ? "" : entry->name;
    return UsageError("too_many_arguments",
                      Format("{}: one word too many: '{}'", name,
                             rest.empty() ? std::string() : Printable(rest.front())),
                      Format("usage: tunewire {} {}", name, entry == nullptr ? "" : entry->usage));
  }

  static Error NoSuchCommand(const std::string& word) {
    std::vector<std::string> names;
    for (const CommandEntry& entry : AllCommands()) names.emplace_back(entry.name);
    const std::vector<std::string> near = Nearest(word, names, 1);
    return UsageError("no_such_command", Format("no command '{}'", Printable(word)),
                      near.empty() ? std::string("tunewire --help lists them")
                                   : Format("did you mean {}?", near.front()));
  }

  [[nodiscard]] Error NoSuchOption(const std::string& word, const CommandEntry* entry) const {
    std::vector<std::string> names = LongOptions(app_);
    if (entry != nullptr) {
      for (std::string& name : LongOptions(*app_.get_subcommands().front()))
        names.push_back(std::move(name));
    }
    const std::vector<std::string> near = Nearest(word.substr(0, word.find('=')), names, 1);
    const std::string help = entry == nullptr ? std::string("tunewire --help")
                                              : Format("tunewire {} --help", entry->name);
    return UsageError(
        "no_such_option", Format("no option '{}'", Printable(word)),
        near.empty() ? Format("{} lists them", help) : Format("did you mean {}?", near.front()));
  }

  [[nodiscard]] Error Understood(const CLI::ParseError& error) const {
    const CommandEntry* entry = Chosen();
    std::string message = error.what();
    while (!message.empty() && (message.back() == '\n' || message.back() == '.'))
      message.pop_back();
    return UsageError("invalid_argument", Printable(message),
                      entry == nullptr
                          ? std::string("tunewire --help")
                          : Format("usage: tunewire {} {}", entry->name, entry->usage));
  }

  ParsedLine Finish(const CommandEntry& entry) {
    parsed_.invocation.command = entry.name;
    if (std::optional<Error> error = TakeArguments(entry)) return Refuse(std::move(*error));
    parsed_.kind = ParsedLine::Kind::kRun;
    return std::move(parsed_);
  }

  [[nodiscard]] static Error Needs(const CommandEntry& entry, std::string_view what,
                                   std::string_view find) {
    return UsageError("missing_argument", Format("{}: which {}?", entry.name, what),
                      Format("usage: tunewire {} {}; {}", entry.name, entry.usage, find));
  }

  std::optional<Error> TakeArguments(const CommandEntry& entry) {
    CommandArguments& arguments = parsed_.invocation.arguments;
    const std::string_view name = entry.name;
    constexpr std::string_view kFindProfiles = "`tunewire profiles` lists them";
    if ((name == "plan" || name == "apply") && raw_.names.empty())
      return Needs(entry, "profile", kFindProfiles);
    if (name == "explain" && raw_.key.empty())
      return Needs(entry, "key", "`tunewire show` lists them");
    if ((name == "lint" || name == "import") && raw_.names.empty())
      return Needs(entry, "file", "- is standard input");
    if (name == "lint") arguments = LintArguments{raw_.names};
    if (name == "import") arguments = ImportArguments{raw_.names, raw_.out, raw_.profile_name};
    if (name == "profiles") arguments = ProfilesArguments{};
    if (name == "show") arguments = ShowArguments{raw_.names};
    if (name == "explain") arguments = ExplainArguments{raw_.key};
    if (name == "plan") arguments = PlanArguments{raw_.names, raw_.exit_code, Wish()};
    if (name == "confirm") arguments = ConfirmArguments{raw_.tx};
    if (name == "rollback") arguments = RollbackArguments{raw_.tx, raw_.force};
    if (name == "recover") arguments = RecoverArguments{raw_.deadline_of};
    if (name == "verify") arguments = VerifyArguments{raw_.names};
    if (name == "history") arguments = HistoryArguments{raw_.tx};
    return name == "apply" ? TakeApply(arguments) : std::nullopt;
  }

  [[nodiscard]] Persist Wish() const { return raw_.persist ? Persist::kYes : Persist::kNo; }

  std::optional<Error> TakeApply(CommandArguments& arguments) const {
    ApplyArguments apply{raw_.names, std::nullopt, raw_.yes, raw_.skip_missing, Wish()};
    if (!raw_.confirm.empty()) {
      const Result<std::chrono::microseconds> time = ParseDuration(raw_.confirm);
      if (!time) return time.error();
      if (*time < seconds(1) || *time > kLongestConfirm)
        return UsageError("invalid_duration",
                          Format("--confirm {}: between 1s and 24h", Printable(raw_.confirm)), "");
      apply.confirm_within = std::chrono::ceil<seconds>(*time);
    }
    arguments = apply;
    return std::nullopt;
  }

  std::vector<std::string> words_;
  Raw raw_;
  CLI::App app_;
  bool help_ = false, version_ = false;
  ParsedLine parsed_;
};

}  // namespace

ParsedLine ParseCommandLine(std::span<const char* const> words) { return Line(words).Parse(); }

std::string_view ProgramVersion() { return TUNEWIRE_VERSION; }

}  // namespace tunewire
