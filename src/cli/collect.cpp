// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string>

#include "collection.hpp"
#include "commands.hpp"
#include "options.hpp"
#include "plimsoll/io/state_file.hpp"
#include "plimsoll/thresholds/registry.hpp"

namespace plimsoll::cli {
namespace {

struct CollectOptions : CollectionOptions {
  std::string output;
};

int run(CollectOptions options) {
  options.gather("");
  const MethodSpec spec = options.chosen_method();
  refuse_batch(*spec.info);
  check_labels(options, *spec.info);
  AnyThreshold threshold = spec.method->make(options.parameters.of(spec));
  collect(threshold, options);
  const io::StateFile file{threshold.snapshot(), options.input.direction()};
  io::write_state_file(options.output, file);
  if (options.output != "-") {
    fmt::print("collected for {}\n  written   {}\n", spec.info->name, options.output);
  }
  return success;
}

}  // namespace

void add_collect(CLI::App& app, int& status) {
  auto options = std::make_shared<CollectOptions>();
  CLI::App* command = app.add_subcommand("collect", "Collect a shard of the scores, for plimsoll fit --from-state");
  command->footer(
      "What fit --from-state makes of the shards is, bit for bit, what fit makes of all scores at once, in whatever\n"
      "order and however they were sharded. Every shard takes the same method and parameters.\n"
      "\n"
      "Examples:\n"
      "  plimsoll collect shard0.npy -o shard0.state\n"
      "  plimsoll collect shard0.npy --method quantile --false-alarm-rate 0.01 -o shard0.state\n"
      "  plimsoll collect scores0.npy --labels y0.npy --method f1 -o shard0.state\n"
      "  plimsoll fit --from-state shard*.state -o line.json");
  options->add_scores_to(*command);
  command->add_option("-o,--output", options->output, "the state file to write, - for standard output")
      ->type_name("FILE")
      ->required()
      ->group("Output");
  options->add_method_to(*command);
  options->add_parameters_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
