#include "cli/usage.h"

#include <algorithm>
#include <ostream>

#include "cli/verbs.h"
#include "text/nearest.h"
#include "text/text.h"

namespace cairn::cli {
namespace {

/// How far the parser has come.
struct Place {
  const CLI::App* app;      // the last verb that it knew
  std::string verbs;        // "cairn fault", as it was typed
  const std::string* next;  // what stands where a verb is expected; null: nothing does
};

std::vector<const CLI::App*> VerbsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

Place PlaceOf(const CLI::App& app, const std::vector<std::string>& words) {
  Place place{&app, "cairn", nullptr};
  for (const std::string& word : words) {
    const std::vector<const CLI::App*> verbs = VerbsOf(*place.app);
    const auto verb = std::ranges::find(verbs, word, &CLI::App::get_name);
    if (verb == verbs.end()) {
      place.next = &word;
      return place;
    }
    place.app = *verb;
    place.verbs += " " + word;
  }
  return place;
}

/// The sentence about a word that is no verb where one belongs; empty if that is not what is wrong.
std::string UnknownVerb(const Place& place) {
  std::vector<std::string> known;
  for (const CLI::App* verb : VerbsOf(*place.app)) {
    known.push_back(verb->get_name());
  }
  if (known.empty() || place.next == nullptr || place.next->starts_with("-")) {
    return "";
  }
  const std::string nearest = text::Nearest(*place.next, known);
  return "there is no verb " + text::Quote(*place.next) + "; " +
         (nearest.empty() ? "" : "did you mean " + nearest + "? ") + "`" + place.verbs +
         " --help` lists the verbs";
}

}  // namespace

int SayParseError(const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words, const Streams& streams) {
  const Place place = PlaceOf(app, words);
  const std::string unknown = UnknownVerb(place);
  const bool json = std::ranges::find(words, "--json") != words.end();
  if (error.get_exit_code() == 0 || (unknown.empty() && !json)) {
    const int code = app.exit(error, *streams.out, *streams.err);
    return code == 0 ? 0 : ExitCode(Code::kUsage);
  }
  const std::string verb = place.verbs == "cairn" ? "" : place.app->get_name();
  return Refuse(streams, json, verb, Status::Usage(unknown.empty() ? error.what() : unknown));
}

}  // namespace cairn::cli
