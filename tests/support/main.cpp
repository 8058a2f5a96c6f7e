// SPDX-License-Identifier: Apache-2.0
// The main program of all Catch2 tests, for version 2, which has none to link with.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
