// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace plimsoll::cli {

/// The program's exit statuses.
inline constexpr int success = 0;
inline constexpr int fit_failed = 1;
inline constexpr int bad_usage = 2;
inline constexpr int drifted = 3;  ///< watch: an alarm was raised

/// Each adds its subcommand, which sets `status` when it runs.
void add_fit(CLI::App& app, int& status);
void add_collect(CLI::App& app, int& status);
void add_apply(CLI::App& app, int& status);
void add_evaluate(CLI::App& app, int& status);
void add_compare(CLI::App& app, int& status);
void add_runs(CLI::App& app, int& status);
void add_tune(CLI::App& app, int& status);
void add_import(CLI::App& app, int& status);
void add_inspect(CLI::App& app, int& status);
void add_export(CLI::App& app, int& status);
void add_synth(CLI::App& app, int& status);
void add_watch(CLI::App& app, int& status);
void add_report(CLI::App& app, int& status);
void add_methods(CLI::App& app, int& status);

}  // namespace plimsoll::cli
