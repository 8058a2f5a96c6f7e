// SPDX-License-Identifier: Apache-2.0
// Over more than one machine: every rank of an MPI program collects its own share of the scores, and one reduction, a
// tree of merges, gives the line that one process would have found, bit for bit, however many ranks there are.
//
//   mpirun -n 4 mpi_calibrate examples/data/bottle-knn
#include <fmt/format.h>
#include <mpi.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/score_file.hpp"
#include "plimsoll/thresholds/registry.hpp"

namespace {

/// A state is whole words of eight bytes, so that its length in words fits an int up to 16 GB.
void send(const plimsoll::AnyThreshold& threshold, int to) {
  const std::vector<std::byte> state = threshold.snapshot();
  MPI_Send(state.data(), static_cast<int>(state.size() / 8), MPI_UINT64_T, to, 0, MPI_COMM_WORLD);
}

plimsoll::AnyThreshold receive(int from) {
  MPI_Status status;
  MPI_Probe(from, 0, MPI_COMM_WORLD, &status);
  int words = 0;
  MPI_Get_count(&status, MPI_UINT64_T, &words);
  std::vector<std::byte> state(static_cast<std::size_t>(words) * 8);
  MPI_Recv(state.data(), words, MPI_UINT64_T, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  return plimsoll::restore_threshold(state);
}

/// Rank 0 has everything in the end; log2(ranks) steps, in each of which half of those left send what they have.
void reduce(plimsoll::AnyThreshold& threshold, int rank, int ranks) {
  for (int step = 1; step < ranks; step *= 2) {
    if (rank % (2 * step) != 0) return send(threshold, rank - step);
    if (rank + step < ranks) threshold.merge(receive(rank + step));
  }
}

int run(const std::string& folder, int rank, int ranks) {
  // Every ranks-th score, from the rank's own on: uneven shares, in another order.
  std::vector<double> normal;
  std::vector<double> share;
  const auto reader = plimsoll::io::open_scores(folder + "/normal.npy");
  plimsoll::io::ScoreBlock block;
  while (reader->next(block)) {
    std::visit([&](const auto& scores) { normal.insert(normal.end(), scores.begin(), scores.end()); }, block.values);
  }
  for (auto i = static_cast<std::size_t>(rank); i < normal.size(); i += static_cast<std::size_t>(ranks)) {
    share.push_back(normal[i]);
  }
  bool same = true;
  for (const char* method : {"tail", "quantile", "gpd", "sigma", "mad"}) {
    plimsoll::AnyThreshold threshold = plimsoll::make_threshold(method);
    threshold.update(share);
    reduce(threshold, rank, ranks);
    if (rank != 0) continue;
    const plimsoll::Fit fit = threshold.compute();
    plimsoll::AnyThreshold alone = plimsoll::make_threshold(method);
    alone.update(normal);
    const double expected = alone.compute().cutoff.value();
    const bool equal = std::bit_cast<std::uint64_t>(fit.cutoff.value()) == std::bit_cast<std::uint64_t>(expected);
    fmt::print("{:12} {:.17g} of {} scores on {} ranks{}\n", method, fit.cutoff.value(), fit.normal_count, ranks,
               equal ? "" : fmt::format(", but {:.17g} in one process", expected));
    same = same && equal;
  }
  return same ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  int status = 1;
  if (argc != 2) {
    if (rank == 0) fmt::print(stderr, "usage: mpi_calibrate FOLDER, one with normal.npy\n");
  } else {
    try {
      status = run(argv[1], rank, ranks);
    } catch (const std::exception& error) {
      fmt::print(stderr, "mpi_calibrate: rank {}: {}\n", rank, error.what());
      MPI_Abort(MPI_COMM_WORLD, 1);  // the others wait for this one
    }
  }
  MPI_Finalize();
  return status;
}
