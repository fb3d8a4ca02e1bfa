#include "cli/commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "cli/bench.h"
#include "cli/shell.h"
#include "cli/verbs.h"
#include "client/acquaintance.h"
#include "system/read_all.h"
#include "terminal/line_editor.h"

namespace cairn::cli {
namespace {

constexpr char kDashes[] =
    "Write -- before a KEY or VALUE that begins with a dash: cairn put -- -key -value";

/// What the callbacks of all verbs share.
struct Context {
  GlobalOptions* global;
  int* exit_code;
  Streams streams;
};

/// The words of one verb.
struct Words {
  std::string key;
  std::string value;
  NodeId node = 0;
  NodeId other = 0;
  Slot from = 0;
  std::optional<Slot> to;
  bool raw = false;
  bool stale = false;
};

Result<std::unique_ptr<client::Client>> OpenClient(const Context& context, NodeId node) {
  const Result<std::string> path = config::FindClusterFile(context.global->config);
  if (!path.ok()) {
    return path.status();
  }
  Result<config::Cluster> loaded = config::LoadCluster(path.value());
  if (!loaded.ok()) {
    return loaded.status();
  }
  config::Cluster cluster = std::move(loaded).value();
  client::Options options;
  const Result<Micros> timeout = TimeoutOf(*context.global);
  if (!timeout.ok()) {
    return timeout.status();
  }
  options.timeout = timeout.value();
  client::Environment environment = context.streams.environment(cluster);
  auto client =
      std::make_unique<client::Client>(std::move(cluster), options, std::move(environment));
  if (node != 0) {
    if (Status status = client->CheckNode(node); !status.ok()) {
      return status;
    }
    client->Prefer(node);
  }
  return client;
}

/// Adds a verb that runs `run` with its words when it is called.
CLI::App* AddVerb(CLI::App* app, const std::shared_ptr<Context>& context, const std::string& name,
                  const std::string& what, const std::shared_ptr<Words>& words,
                  const std::function<int(Verbs&, const Words&)>& run) {
  CLI::App* verb = app->add_subcommand(name, what);
  AddGlobalOptions(verb, context->global);
  verb->callback([context, name, words, run] {
    const Result<std::unique_ptr<client::Client>> client = OpenClient(*context, words->node);
    if (!client.ok()) {
      *context->exit_code = Refuse(context->streams, context->global->json, name, client.status());
      return;
    }
    Verbs verbs(client.value().get(), context->streams, context->global->json);
    *context->exit_code = run(verbs, *words);
  });
  return verb;
}

CLI::Option* AddNode(CLI::App* verb, const char* name, NodeId* node, const char* what) {
  return verb->add_option(name, *node, what)->check(CLI::Range(1U, kMaxNodes))->type_name("N");
}

/// A key or value is taken as it was typed: a conversion by the parser would change some.
void AddBytes(CLI::App* verb, const char* name, std::string* bytes, const char* what) {
  const auto take = [bytes](const CLI::results_t& typed) {
    *bytes = typed.at(0);
    return true;
  };
  verb->add_option(name, take, what)->required()->type_name("");
}

void AddWrites(CLI::App* app, const std::shared_ptr<Context>& context) {
  auto put_words = std::make_shared<Words>();
  CLI::App* put =
      AddVerb(app, context, "put", "Write VALUE under KEY", put_words,
              [](Verbs& verbs, const Words& words) { return verbs.Put(words.key, words.value); });
  AddBytes(put, "KEY", &put_words->key, "1 to 4096 bytes");
  AddBytes(put, "VALUE", &put_words->value, "up to 1 MiB; - reads standard input to its end");
  AddNode(put, "--node", &put_words->node, "ask this node first");
  put->footer(kDashes);

  auto del_words = std::make_shared<Words>();
  CLI::App* del = AddVerb(app, context, "del", "Delete KEY", del_words,
                          [](Verbs& verbs, const Words& words) { return verbs.Del(words.key); });
  AddBytes(del, "KEY", &del_words->key, "the key to delete; exit code 3 if there is none");
  AddNode(del, "--node", &del_words->node, "ask this node first");
  del->footer(kDashes);
}

void AddReads(CLI::App* app, const std::shared_ptr<Context>& context) {
  auto words = std::make_shared<Words>();
  CLI::App* get = AddVerb(app, context, "get", "Print the value of KEY", words,
                          [](Verbs& verbs, const Words& given) {
                            return verbs.Get(given.key, given.raw, given.stale ? given.node : 0);
                          });
  AddBytes(get, "KEY", &words->key, "the key to read; exit code 3 if there is none");
  get->add_flag("--raw", words->raw, "print the bytes alone, without a newline");
  CLI::Option* node = AddNode(get, "--node", &words->node, "ask this node first");
  get->add_flag("--stale", words->stale, "what node N has, possibly old (needs --node N)")
      ->needs(node);
  get->footer(kDashes);

  AddVerb(app, context, "status", "Say how the nodes are; exit code 4 without a majority",
          std::make_shared<Words>(), [](Verbs& verbs, const Words&) { return verbs.Status(); });

  auto range = std::make_shared<Words>();
  CLI::App* chain = AddVerb(app, context, "chain", "Print the blocks that a node has", range,
                            [](Verbs& verbs, const Words& given) {
                              return verbs.Chain(given.node, given.from, given.to);
                            });
  AddNode(chain, "--node", &range->node, "this node's chain (else: of one that answers)");
  chain->add_option("--from", range->from, "the first slot (0)")->type_name("SLOT");
  chain
      ->add_option_function<Slot>(
          "--to", [range](const Slot& slot) { range->to = slot; }, "the last slot (the newest)")
      ->type_name("SLOT");
}

void AddLinkFault(CLI::App* fault, const std::shared_ptr<Context>& context, const std::string& name,
                  api::FaultCall::Kind kind, const char* what) {
  // The two ends are no "preferred node": words->node stays 0.
  auto ends = std::make_shared<std::pair<NodeId, NodeId>>();
  CLI::App* verb = AddVerb(fault, context, name, what, std::make_shared<Words>(),
                           [name, kind, ends](Verbs& verbs, const Words&) {
                             return verbs.FaultLink(name, kind, ends->first, ends->second);
                           });
  AddNode(verb, "A", &ends->first, "one end of the link")->required();
  AddNode(verb, "B", &ends->second, "the other end")->required();
}

void AddFaults(CLI::App* app, const std::shared_ptr<Context>& context) {
  CLI::App* fault = app->add_subcommand(
      "fault", "Make or mend a fault, if the cluster file says allow_faults = true");
  fault->require_subcommand(1);
  AddLinkFault(fault, context, "failLink", api::FaultCall::Kind::kFailLink,
               "Cut the link between two nodes, in both directions");
  AddLinkFault(fault, context, "fixLink", api::FaultCall::Kind::kFixLink,
               "Mend the link between two nodes");
  auto words = std::make_shared<Words>();
  CLI::App* process =
      AddVerb(fault, context, "failProcess", "Kill the process of a node", words,
              [](Verbs& verbs, const Words& given) { return verbs.FailProcess(given.node); });
  AddNode(process, "N", &words->node, "the node")->required();
}

int RunClientShell(const Context& context, client::Client* client, NodeId node) {
  const Streams& streams = context.streams;
  terminal::LineEditor editor("client " + std::to_string(node) + "> ", Shell::CommandNames());
  Shell shell(client, context.global->json, [&streams](const std::string& text) {
    *streams.out << text;
    streams.out->flush();
  });
  if (editor.interactive()) {
    const Status status = client->Reconnect(node);
    *streams.err << (status.ok() ? "connected to node " + std::to_string(node) : status.message())
                 << "; help lists the commands, e leaves\n";
  }
  const bool left = RunShell(&shell, &editor);
  if (!editor.error().ok()) {
    return Refuse(
        streams, context.global->json, "client",
        Status::Other("can't read the commands from standard input: " + editor.error().message()));
  }
  if (editor.interactive()) {
    *streams.err << (left ? "goodbye\n" : "\ngoodbye\n");
    return 0;
  }
  return ExitCode(shell.last_failure());
}

void AddShell(CLI::App* app, const std::shared_ptr<Context>& context) {
  auto node = std::make_shared<NodeId>(0);
  auto only = std::make_shared<bool>(false);
  CLI::App* verb = app->add_subcommand(
      "client", "The client console: reads commands from the terminal or from a pipe");
  AddGlobalOptions(verb, context->global);
  AddNode(verb, "ID", node.get(), "the node to talk to first")->required();
  verb->add_flag("--only", *only, "talk to no other node, whatever becomes of this one");
  verb->callback([context, node, only] {
    const Result<std::unique_ptr<client::Client>> client = OpenClient(*context, *node);
    if (client.ok() && *only) {
      client.value()->UseOnly(*node);
    }
    *context->exit_code =
        client.ok() ? RunClientShell(*context, client.value().get(), *node)
                    : Refuse(context->streams, context->global->json, "client", client.status());
  });
}

}  // namespace

void AddClientCommands(CLI::App* app, GlobalOptions* global, int* exit_code, Streams streams) {
  auto context = std::make_shared<Context>(Context{global, exit_code, std::move(streams)});
  AddWrites(app, context);
  AddReads(app, context);
  AddFaults(app, context);
  AddShell(app, context);
  AddBench(app, global, exit_code, context->streams);
}

int RunVerifyCluster(GlobalOptions global, bool full, Streams streams) {
  const Context context{&global, nullptr, std::move(streams)};
  const Result<std::unique_ptr<client::Client>> client = OpenClient(context, 0);
  return client.ok() ? Verbs(client.value().get(), context.streams, global.json).VerifyCluster(full)
                     : Refuse(context.streams, global.json, "verify", client.status());
}

}  // namespace cairn::cli
