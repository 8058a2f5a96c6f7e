// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <system_error>

#include "commands.hpp"
#include "notice.hpp"
#include "options.hpp"
#include "plimsoll/version.hpp"
#include "shown.hpp"

namespace {

using namespace plimsoll::cli;

/// Says what is wrong in one line, whatever names of files are in it.
int fail(const std::string& what) {
  notice("plimsoll: {}\n", plimsoll::io::without_controls(what));
  return bad_usage;
}

int fail_with_hint(const std::string& what) {
  notice("plimsoll: {}\n(plimsoll --help, or plimsoll COMMAND --help, tells more)\n",
         plimsoll::io::without_controls(what));
  return bad_usage;
}

/// Where the program was started without one of its standard streams, the first file that it opens would take that
/// place, and what is meant for the stream would go into the file. So the places are taken, by what can be neither read
/// (standard input) nor written (the others): an error, as if they were still closed.
void take_places_of_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
  }
}

/// Standard output could not be written. Where its reader has gone, as head goes after its lines, the program ends as
/// others do, by the signal that was put off until everything was tidied up.
int fail_to_print(const std::string& reason, void (*on_broken_pipe)(int)) {
  ::pollfd output{STDOUT_FILENO, POLLOUT, 0};
  if (::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) {
    std::signal(SIGPIPE, on_broken_pipe);
    std::raise(SIGPIPE);
  }
  return fail("cannot write standard output" + reason);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Draws the line between normal and anomalous scores, from normal scores alone.\n"
      "\n"
      "  plimsoll fit normal.npy -o line.json               a threshold file from normal scores\n"
      "  plimsoll collect shard.npy -o shard.state          part of them, for fit --from-state shard*.state\n"
      "  plimsoll apply line.json test.npy                  which of these scores are anomalous?\n"
      "  plimsoll evaluate normal.npy test.npy --labels y.npy   methods side by side\n"
      "  plimsoll compare sets/ -o runs/                    methods over many score sets; plimsoll runs lists\n"
      "  plimsoll tune normal.npy --method mad              a method's parameters for an objective\n"
      "  plimsoll inspect line.json                         what does this file decide, and how?\n"
      "  plimsoll export --cpp line.json -o line.hpp        the same as a C++ constant\n"
      "  plimsoll import metadata.json -o cal.json          a calibration of what anomalib exported\n"
      "  plimsoll synth good/ -o synth/                     synthetic anomalies of normal images\n"
      "  plimsoll watch line.json < scores                  is the stream still the calibrated one?\n"
      "  plimsoll report line.json --normal normal.npy -o report.html   figures of a line, on one page\n"
      "  plimsoll methods                                   what there is, and what it assumes\n"
      "\n"
      "Scores come as .npy or CSV files, - is standard input. Exit status: 0, 1 when a fit\n"
      "gives no cutoff, 2 for bad usage or input, 3 when watch saw a drift.",
      "plimsoll");
  app.set_version_flag("--version", "plimsoll " PLIMSOLL_VERSION);
  app.require_subcommand(1);
  int status = success;
  add_fit(app, status);
  add_collect(app, status);
  add_apply(app, status);
  add_evaluate(app, status);
  add_compare(app, status);
  add_runs(app, status);
  add_tune(app, status);
  add_import(app, status);
  add_inspect(app, status);
  add_export(app, status);
  add_synth(app, status);
  add_watch(app, status);
  add_report(app, status);
  add_methods(app, status);
  for (CLI::App* command : app.get_subcommands({})) {
    command->parse_complete_callback([command] { refuse_files_given_twice(*command); });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    if (const std::string first = argc > 1 ? argv[1] : ""; !first.empty() && app.get_subcommands().empty()) {
      return fail_with_hint(first.starts_with('-')
                                ? "no option " + first
                                : "no command " + first +
                                      "; there are fit, collect, apply, evaluate, compare, runs, tune, "
                                      "import, inspect, export, synth, watch, report, methods");
    }
    return fail_with_hint(error.what());
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  take_places_of_closed_streams();
  // A file that may not grow that large is an error like a full disk, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  // So is a pipe that nobody reads, whether of messages, which may go unread, or of results.
  const auto on_broken_pipe = std::signal(SIGPIPE, SIG_IGN);
  int status = bad_usage;
  try {
    status = run(argc, argv);
    // Buffered output that cannot be written, on a full disk, say, shows only now.
    std::cout.flush();
    if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      status = fail_to_print("", on_broken_pipe);
    }
  } catch (const std::bad_alloc&) {
    status = fail("out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    status = fail(error.path1().string() + ": " + error.code().message());
  } catch (const std::system_error& error) {  // from fmt::print
    status = fail_to_print(": " + error.code().message(), on_broken_pipe);
  } catch (const std::exception& error) {
    status = fail(error.what());
  }
  return status;
}
