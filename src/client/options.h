#pragma once
// How patient a client is, and whom it asks first.

#include "common/types.h"

namespace cairn::client {

struct Options {
  Micros timeout = 5'000'000;        ///< For one operation, all retries together.
  NodeId preferred = 0;              ///< The node to ask first; 0: any.
  bool only_preferred = false;       ///< No other one is asked.
  Micros try_timeout = 1'200'000;    ///< For a node to settle a request, before the next is asked.
  Micros hello_timeout = 500'000;    ///< For a connected node to answer a Hello.
  Micros connect_timeout = 250'000;  ///< For a connection to stand.
};

}  // namespace cairn::client
