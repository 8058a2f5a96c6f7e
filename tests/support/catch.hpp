// SPDX-License-Identifier: Apache-2.0
#pragma once

// Catch2 version 3 has headers of its own under the same folder that version 2 has its single one in.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
