// Every command line, apart from what a command's own options mean (CommandOptions).
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "base/format.h"
#include "cli/command_options.h"
#include "cli/command_table.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// What CLI11 writes into before the command is known.
struct Raw {
  bool json = false, quiet = false, verbose = false;
  std::string color = "auto", netns, state_dir, root;
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
    text += Format("  {:<12} {}\n", entry.name, entry.summary);
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

/// "probe_serve": one word, for schemas.
std::string SlugOf(std::string_view name) {
  std::string slug(name);
  std::replace(slug.begin(), slug.end(), ' ', '_');
  return slug;
}

class Line {
 public:
  explicit Line(std::span<const char* const> words) : words_(words.begin(), words.end()) {
    app_.set_help_flag();
    app_.require_subcommand(0, 1);
    AddGlobalOptions(app_, raw_);
    app_.add_flag("-h,--help", help_, "")->group("");
    app_.add_flag("--version", version_, "")->group("");
    for (const CommandEntry& entry : AllCommands()) AddCommand(entry);
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
    if (const std::optional<Error> error = Misplaced(*entry)) return Refuse(*error);
    return Finish(*entry);
  }

 private:
  /// "probe serve" is a command within "probe", which stands before it in the table.
  void AddCommand(const CommandEntry& entry) {
    CLI::App* within = &app_;
    std::vector<std::string> words = Split(entry.name, ' ');
    if (words.size() == 2) within = app_.get_subcommand(words.front())->require_subcommand(0, 1);
    CLI::App* command = within->add_subcommand(words.back());
    command->set_help_flag();
    command->fallthrough();
    options_[std::string(entry.name)] = OptionsOf(entry.name);
    options_[std::string(entry.name)]->AddTo(*command);
  }

  /// From the outermost in: "probe", "serve".
  [[nodiscard]] std::vector<const CLI::App*> ChosenApps() const {
    std::vector<const CLI::App*> apps;
    for (const CLI::App* app = &app_; !app->get_subcommands().empty();)
      apps.push_back(app = app->get_subcommands().front());
    return apps;
  }

  [[nodiscard]] const CommandEntry* Chosen() const {
    std::string name;
    for (const CLI::App* app : ChosenApps()) name += (name.empty() ? "" : " ") + app->get_name();
    return name.empty() ? nullptr : FindCommand(name);
  }

  [[nodiscard]] std::string Help() const {
    const CommandEntry* entry = Chosen();
    return entry == nullptr ? ProgramHelp(app_) : CommandHelp(*entry, *ChosenApps().back(), app_);
  }

  /// What `probe` takes and `probe serve` does not: CLI11 lets it pass, whatever it would do.
  [[nodiscard]] std::optional<Error> Misplaced(const CommandEntry& entry) const {
    const std::vector<const CLI::App*> apps = ChosenApps();
    for (const CLI::App* app : apps) {
      if (app == apps.back()) break;
      for (const CLI::Option* option : app->get_options()) {
        if (option->count() > 0) return NotTaken(entry, *option, *apps.back());
      }
    }
    return std::nullopt;
  }

  static Error NotTaken(const CommandEntry& entry, const CLI::Option& option,
                        const CLI::App& command) {
    const std::string usage = Format("usage: tunewire {} {}", entry.name, entry.usage);
    if (option.get_positional())
      return UsageError(
          "too_many_arguments",
          Format("{}: one word too many: '{}'", entry.name, Printable(option.results().front())),
          usage);
    const std::vector<std::string> own = LongOptions(command);
    const bool behind = std::find(own.begin(), own.end(), option.get_name()) != own.end();
    return UsageError(
        "no_such_option", Format("`{}` takes no {}", entry.name, option.get_name()),
        behind ? Format("it stands behind: tunewire {} {}", entry.name, option.get_name()) : usage);
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
    if (const CommandEntry* entry = Chosen()) parsed_.invocation.command = SlugOf(entry->name);
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
      for (std::string& name : LongOptions(*ChosenApps().back())) names.push_back(std::move(name));
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
    Invocation& invocation = parsed_.invocation;
    invocation.command = SlugOf(entry.name);
    Result<CommandArguments> arguments =
        options_.at(std::string(entry.name))->Take(invocation.global);
    if (!arguments) return Refuse(std::move(arguments.error()));
    invocation.arguments = *std::move(arguments);
    parsed_.kind = ParsedLine::Kind::kRun;
    return std::move(parsed_);
  }

  std::vector<std::string> words_;
  Raw raw_;
  CLI::App app_;
  std::map<std::string, std::unique_ptr<CommandOptions>> options_;
  bool help_ = false, version_ = false;
  ParsedLine parsed_;
};

}  // namespace

ParsedLine ParseCommandLine(std::span<const char* const> words) { return Line(words).Parse(); }

std::string_view ProgramVersion() { return TUNEWIRE_VERSION; }

}  // namespace tunewire
