#pragma once
// The commands of a scenario, a line each. N, A, B are nodes; T is a time such as 50ms or 2s.
//
//   cluster N [recent=R] [chunk=C] [flight=F] [batch=B] [sessions=S]
//                          a fresh cluster; R decided blocks stay in memory, C blocks travel in one
//                          chunk of catch-up, F slots are in flight, B requests in a block
//   form [N]               elects N (else 1) and runs until all know block 1 as decided
//   lead N                 N stands for election: it, and all that it reaches but for leaders,
//   heard
//                          nobody for long
//   meet N                 N and all that it reaches hear each other and nobody else: a leader that
//                          others took for dead is there again
//   put N KEY VALUE [as C] a write at node N, of client C (else of a new one)
//   retry N [as C]         the client's last request again (else of the client that spoke last)
//   get N KEY              a linearizable read;  `local N KEY` a stale one
//   flight [WHICH]         lists the messages in flight
//   deliver WHICH          delivers them; each node hears its own in one turn
//   deliver all            and what comes of it, until nothing is in flight
//   drop WHICH, duplicate WHICH
//                          WHICH: numbers of the flight, or A->B, *->B, A->*, *->* and then words
//                          that the message holds, such as `1->* Accept 1.1 slot 3`
//   cut A-B A->B …         messages over these links are lost;  `heal` mends all
//   only A-B …             cuts all links but these
//   crash N [before-sync|after-sync]   at once, or at its next write
//   start N …              `lose-disk N`: its next life begins with an empty directory
//   slow N, sync N         N's next write takes until `sync N`
//   tick N T               the clock goes on, and only N notices
//   pass T                 time passes for all, and heartbeats arrive, nothing else
//   run T                  time passes, and all messages arrive;  `quietly run T` tells nothing
//   log N …, status N …    `status all`
//   verbose on|off         tells heartbeats too

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "common/status.h"
#include "scenarios/stage.h"

namespace cairn::scenarios {

class Script {
 public:
  /// What the command told; or what is wrong with it.
  [[nodiscard]] Result<std::string> Run(const std::string& line);

 private:
  using Words = std::vector<std::string>;
  [[nodiscard]] Status Do(const Words& words);
  [[nodiscard]] Status DoCluster(const Words& words);
  [[nodiscard]] Status DoMessages(const Words& words);
  [[nodiscard]] Status DoLinks(const Words& words);
  [[nodiscard]] Status DoClient(const Words& words);
  [[nodiscard]] Status DoTime(const Words& words);
  [[nodiscard]] Status DoNodes(const Words& words);
  [[nodiscard]] Result<NodeId> NodeOf(const std::string& word) const;
  [[nodiscard]] Result<Selection> SelectionOf(const Words& words, std::size_t first) const;

  std::ostringstream out_;
  std::unique_ptr<Stage> stage_;
};

}  // namespace cairn::scenarios
