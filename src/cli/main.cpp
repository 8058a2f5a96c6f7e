// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <new>

#include "commands.hpp"
#include "plimsoll/version.hpp"

int main(int argc, char** argv) {
  using namespace plimsoll::cli;
  CLI::App app(
      "Draws the line between normal and anomalous scores, from normal scores alone.\n"
      "\n"
      "  plimsoll fit normal.npy -o line.json               a threshold file from normal scores\n"
      "  plimsoll apply line.json test.npy                  which of these scores are anomalous?\n"
      "  plimsoll evaluate normal.npy test.npy --labels y.npy   methods side by side\n"
      "  plimsoll methods                                   what there is, and what it assumes\n"
      "\n"
      "Scores come as .npy or CSV files, - is standard input. Exit status: 0, 1 when a fit\n"
      "gives no cutoff, 2 for bad usage or input.",
      "plimsoll");
  app.set_version_flag("--version", "plimsoll " PLIMSOLL_VERSION);
  app.require_subcommand(1);
  int status = success;
  add_fit(app, status);
  add_apply(app, status);
  add_evaluate(app, status);
  add_methods(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "plimsoll: {}\n(plimsoll --help, or plimsoll COMMAND --help, tells more)\n", error.what());
    return bad_usage;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "plimsoll: out of memory\n");
    return bad_usage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "plimsoll: {}\n", error.what());
    return bad_usage;
  }
  return status;
}
