#pragma once
// What the one-shot verbs do, once their words are understood. Each prints its result and returns
// its exit code.

#include <optional>
#include <string>

#include "cli/render.h"
#include "cli/streams.h"
#include "client/client.h"

namespace cairn::cli {

class Verbs {
 public:
  /// The client is not owned.
  Verbs(client::Client* client, const Streams& streams, bool json);

  /// A value of "-" is standard input to its end.
  int Put(const std::string& key, const std::string& value);
  /// `raw`: the bytes without the newline. `stale_node`: what this node has, if not 0.
  int Get(const std::string& key, bool raw, NodeId stale_node);
  int Del(const std::string& key);
  /// 0 only if there is a leader with a majority.
  int Status();
  int Chain(NodeId node, Slot from, std::optional<Slot> to);
  /// 6 if nodes differ or a block does not verify, 4 without a majority. `full`: the chain of every
  /// node is verified, not of one alone.
  int VerifyCluster(bool full);
  int FaultLink(const std::string& name, api::FaultCall::Kind kind, NodeId a, NodeId b);
  int FailProcess(NodeId node);

 private:
  int Finish(const Asked& asked, const client::OperationResult& result, const std::string& note);
  int FinishFault(const std::string& name, const Result<std::string>& done);
  int Written(Code code);

  client::Client* client_;
  Streams streams_;
  bool json_;
};

}  // namespace cairn::cli
