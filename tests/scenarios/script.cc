#include "scenarios/script.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace cairn::scenarios {
namespace {

Result<std::uint64_t> NumberOf(const std::string& word) {
  std::uint64_t number = 0;
  const char* end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || rest != end) {
    return Status::Usage("'" + word + "' is no number");
  }
  return number;
}

Result<Micros> TimeOf(const std::string& word) {
  const std::size_t unit = word.find_first_not_of("0123456789");
  const auto number = NumberOf(word.substr(0, unit));
  const std::string name = unit == std::string::npos ? "" : word.substr(unit);
  if (!number.ok() || (name != "ms" && name != "s")) {
    return Status::Usage("'" + word + "' is no time such as 50ms or 2s");
  }
  return number.value() * (name == "s" ? 1'000'000 : 1'000);
}

bool Is(const std::string& word, std::initializer_list<const char*> names) {
  return std::ranges::find(names, word) != names.end();
}

}  // namespace

Result<std::string> Script::Run(const std::string& line) {
  Words words;
  std::istringstream in(line);
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  out_.str("");
  if (Status status = words.empty() ? Status::Usage("no command") : Do(words); !status.ok()) {
    return status;
  }
  return out_.str();
}

Status Script::Do(const Words& words) {
  const std::string& verb = words.front();
  if (verb == "cluster") {
    return DoCluster(words);
  }
  if (!stage_) {
    return Status::Usage("a scenario begins with 'cluster N'");
  }
  if (verb == "quietly") {
    stage_->SetMute(true);
    Status status =
        words.size() > 1 ? Do({words.begin() + 1, words.end()}) : Status::Usage("quietly what?");
    stage_->SetMute(false);
    return status;
  }
  if (verb == "heal") {
    stage_->Heal();
    return Status::Ok();
  }
  if (verb == "verbose" && words.size() == 2) {
    stage_->SetVerbose(words[1] == "on");
    return Status::Ok();
  }
  if (Is(verb, {"flight", "deliver", "drop", "duplicate"})) {
    return DoMessages(words);
  }
  if (Is(verb, {"cut", "only"})) {
    return DoLinks(words);
  }
  if (Is(verb, {"put", "retry", "get", "local"})) {
    return DoClient(words);
  }
  if (Is(verb, {"tick", "pass", "run"})) {
    return DoTime(words);
  }
  return DoNodes(words);
}

Status Script::DoCluster(const Words& words) {
  StageOptions options;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string name = equals == std::string::npos ? "" : words[i].substr(0, equals);
    const auto number = NumberOf(words[i].substr(equals == std::string::npos ? 0 : equals + 1));
    if (!number.ok()) {
      return number.status();
    }
    if (name.empty()) {
      options.nodes = number.value();
    } else if (name == "recent") {
      options.recent_blocks = number.value();
    } else if (name == "chunk") {
      options.catch_up_blocks = number.value();
    } else if (name == "flight") {
      options.slots_in_flight = number.value();
    } else if (name == "batch") {
      options.block_requests = number.value();
    } else if (name == "sessions") {
      options.max_sessions = number.value();
    } else {
      return Status::Usage("no option '" + name + "'");
    }
  }
  if (options.nodes == 0 || options.nodes > kMaxNodes) {
    return Status::Usage("a cluster has 1 to " + std::to_string(kMaxNodes) + " nodes");
  }
  stage_ = std::make_unique<Stage>(options, &out_);
  return Status::Ok();
}

Result<NodeId> Script::NodeOf(const std::string& word) const {
  const auto number = NumberOf(word);
  if (!number.ok() || number.value() == 0 || number.value() > stage_->ids().size()) {
    return Status::Usage("'" + word + "' is no node");
  }
  return static_cast<NodeId>(number.value());
}

Result<Selection> Script::SelectionOf(const Words& words, std::size_t first) const {
  Selection selection;
  const std::size_t arrow = first < words.size() ? words[first].find("->") : std::string::npos;
  if (arrow == std::string::npos) {
    for (std::size_t i = first; i < words.size(); ++i) {
      const auto number = NumberOf(words[i]);
      if (!number.ok()) {
        return number.status();
      }
      selection.numbers.push_back(number.value());
    }
    return selection;
  }
  const std::string from = words[first].substr(0, arrow);
  const std::string to = words[first].substr(arrow + 2);
  for (const auto& [word, node] : {std::pair{&from, &selection.from}, {&to, &selection.to}}) {
    if (*word != "*") {
      const auto id = NodeOf(*word);
      if (!id.ok()) {
        return id.status();
      }
      *node = id.value();
    }
  }
  for (std::size_t i = first + 1; i < words.size(); ++i) {
    selection.words += (selection.words.empty() ? "" : " ") + words[i];
  }
  return selection;
}

Status Script::DoMessages(const Words& words) {
  const std::string& verb = words.front();
  if (verb == "deliver" && words.size() == 2 && words[1] == "all") {
    stage_->DeliverAll();
    return Status::Ok();
  }
  if (verb != "flight" && words.size() == 1) {
    return Status::Usage(verb + " which messages?");
  }
  const auto selection = SelectionOf(words, 1);
  if (!selection.ok()) {
    return selection.status();
  }
  if (verb == "flight") {
    stage_->TellFlight(selection.value());
  } else if (verb == "deliver") {
    stage_->Deliver(selection.value());
  } else if (verb == "drop") {
    stage_->Drop(selection.value());
  } else {
    stage_->Duplicate(selection.value());
  }
  return Status::Ok();
}

Status Script::DoLinks(const Words& words) {
  std::vector<std::pair<NodeId, NodeId>> links;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t dash = words[i].find('-');
    const bool one_way = words[i].find("->") != std::string::npos;
    const auto a = NodeOf(words[i].substr(0, dash));
    const auto b =
        NodeOf(words[i].substr(dash == std::string::npos ? 0 : dash + (one_way ? 2 : 1)));
    if (!a.ok() || !b.ok()) {
      return Status::Usage("'" + words[i] + "' is no link such as 1-2 or 1->2");
    }
    links.emplace_back(a.value(), b.value());
    if (!one_way) {
      links.emplace_back(b.value(), a.value());
    }
  }
  if (words.front() == "cut") {
    for (const auto& [from, to] : links) {
      stage_->Cut(from, to);
    }
    return Status::Ok();
  }
  for (const NodeId from : stage_->ids()) {
    for (const NodeId to : stage_->ids()) {
      if (from != to && std::ranges::find(links, std::pair{from, to}) == links.end()) {
        stage_->Cut(from, to);
      }
    }
  }
  return Status::Ok();
}

Status Script::DoClient(const Words& words) {
  const std::string& verb = words.front();
  const std::size_t count = verb == "put" ? 4 : verb == "retry" ? 2 : 3;
  const auto id =
      words.size() > 1 ? NodeOf(words[1]) : Result<NodeId>(Status::Usage("which node?"));
  if (!id.ok() || words.size() < count) {
    return Status::Usage(verb + ": a node or a word is missing or wrong");
  }
  if (!stage_->Up(id.value())) {
    return Status::Usage("node " + words[1] + " is down");
  }
  ClientId client = 0;
  if (words.size() == count + 2 && words[count] == "as") {
    const auto number = NumberOf(words[count + 1]);
    if (!number.ok()) {
      return number.status();
    }
    client = number.value();
  }
  if (verb == "put") {
    stage_->Put(id.value(), client, words[2], words[3]);
  } else if (verb == "retry") {
    stage_->Retry(id.value(), client);
  } else if (verb == "get") {
    stage_->Get(id.value(), words[2]);
  } else {
    stage_->GetLocal(id.value(), words[2]);
  }
  return Status::Ok();
}

Status Script::DoTime(const Words& words) {
  const bool one = words.front() == "tick";
  if (words.size() != (one ? 3 : 2)) {
    return Status::Usage("tick N T, pass T or run T");
  }
  const auto time = TimeOf(words.back());
  if (!time.ok()) {
    return time.status();
  }
  if (!one) {
    stage_->Pass(time.value(), words.front() == "run");
    return Status::Ok();
  }
  const auto id = NodeOf(words[1]);
  if (!id.ok()) {
    return id.status();
  }
  stage_->Tick(id.value(), time.value());
  return Status::Ok();
}

Status Script::DoNodes(const Words& words) {
  const std::string& verb = words.front();
  if (verb == "crash" && words.size() == 3 && Is(words[2], {"before-sync", "after-sync"})) {
    const auto id = NodeOf(words[1]);
    if (id.ok()) {
      stage_->CrashAtWrite(id.value(), words[2] == "before-sync");
    }
    return id.status();
  }
  std::vector<NodeId> ids;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto id = words[i] == "all" ? Result<NodeId>(NodeId{1}) : NodeOf(words[i]);
    if (!id.ok()) {
      return id.status();
    }
    ids.push_back(id.value());
  }
  if (words.size() == 2 && words[1] == "all") {
    ids = stage_->ids();
  } else if (ids.empty() && verb == "form") {
    ids = {1};
  }
  for (const NodeId id : ids) {
    if (verb == "form") {
      stage_->Form(id);
    } else if (verb == "lead") {
      stage_->Elect(id);
    } else if (verb == "meet") {
      stage_->Meet(id);
    } else if (verb == "crash") {
      stage_->Crash(id);
    } else if (verb == "start") {
      stage_->Start(id);
    } else if (verb == "lose-disk") {
      stage_->LoseDisk(id);
    } else if (verb == "slow") {
      stage_->SlowDisk(id);
    } else if (verb == "sync") {
      stage_->Sync(id);
    } else if (verb == "log") {
      stage_->TellLog(id);
    } else if (verb == "status") {
      stage_->TellStatus(id);
    } else {
      return Status::Usage("no command '" + verb + "'");
    }
  }
  return ids.empty() ? Status::Usage("no command '" + verb + "', or no node") : Status::Ok();
}

}  // namespace cairn::scenarios
