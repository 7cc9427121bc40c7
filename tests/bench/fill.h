// SPDX-License-Identifier: Apache-2.0
// Large stores in short time: pathways opened by the engine itself, thousands of them in one commit.
#ifndef TESTS_BENCH_FILL_H
#define TESTS_BENCH_FILL_H

#include "bench/bench.h"

// Open `count` pathways with three open tasks each. Ids ascend, so that
// pages of a file are met one after the other, in a few passes, so that pages are as full as those of a store that grew.
void fill_open(struct host *h, unsigned count);
// The same, gathering the commits of many commands into one.
void fill_open_gathered(struct host *h, unsigned count);

#endif
